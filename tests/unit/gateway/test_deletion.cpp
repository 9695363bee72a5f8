// SPDX-License-Identifier: Apache-2.0
// Who is to be forgotten: only what the platform has signed, in its time, is taken; what is told of it names nobody.
#include <future>

#include "catch.hpp"
#include "gateway/facts.hpp"
#include "rig.hpp"
#include "vectors.hpp"

namespace postern::gateway {
namespace {

using Refused = DeletionVerifier::Refused;

constexpr Micros kIssued = 1'767'225'800 * kSecond, kExpires = 1'767'229'400 * kSecond;

Deletion facts() {
  return {.field = "signed_request",
          .user = "user_id",
          .issued = "issued_at",
          .expires = "expires",
          .url = "url",
          .code = "confirmation_code"};
}

DeletionVerifier verifier() {
  std::vector<Secret> secrets;
  secrets.emplace_back("the next one");
  secrets.emplace_back(std::string(test::kSecret));
  return DeletionVerifier::make(facts(), {"messenger", "instagram"}, secrets).value();
}

/// The published callback: a form.
std::string published() {
  for (const auto& each : test::vectors())
    if (each.at("name") == "meta-data-deletion") {
      std::string body = "signed_request=";
      return body + test::text(each.as_object(), "signed_request");
    }
  throw std::runtime_error("the vector is gone");
}

std::string base64url(std::string_view bytes) {
  auto text = base64(view(bytes));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::string signed_form(std::string_view payload, std::string_view secret = test::kSecret) {
  const auto encoded = base64url(payload);
  const Hash mac = crypto::Hmac(view(secret))({view(encoded)});
  return "signed_request=" + base64url(chars(ByteView(mac))) + "." + encoded;
}

std::string payload(const std::string& more) {
  return R"({"user_id":"218471","algorithm":"HMAC-SHA256")" + more + "}";
}

Refused refusal(std::string_view body, Micros wall = kIssued + kSecond) {
  const auto found = verifier().verify(body, "p", wall);
  REQUIRE_FALSE(found);
  return found.error();
}

}  // namespace

TEST_CASE("The published deletion callback is a wish of its user, whatever secret of several has signed it") {
  const auto wish = verifier().verify(published(), "https://dm.example.org/deletion/messenger?id=", kIssued + kSecond);
  REQUIRE(wish);
  CHECK(wish->user == "218471000000001");
  CHECK(wish->sections == std::vector<std::string>{"messenger", "instagram"});
  CHECK(wish->answer("abc") ==
        R"({"url":"https://dm.example.org/deletion/messenger?id=abc","confirmation_code":"abc"})");
}

TEST_CASE("No bit of a deletion callback can be changed") {
  const auto body = published();
  const auto begin = body.find('=') + 1;
  int forged = 0;
  for (auto at = begin; at < body.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      auto changed = body;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      const auto found = verifier().verify(changed, "p", kIssued + kSecond);
      // A character that is escaped differently is the same text; none here is.
      if (found) FAIL("a changed callback was taken, byte " << at << " bit " << bit);
      forged += found.error() == Refused::forged ? 1 : 0;
    }
  CHECK(forged > 500);
  CHECK(refusal(signed_form(payload(R"(,"issued_at":1767225800)"), "another secret")) == Refused::forged);
}

TEST_CASE("A deletion callback is taken in its time only") {
  CHECK(verifier().verify(published(), "p", kExpires));
  CHECK(refusal(published(), kExpires + kSecond) == Refused::expired);
  CHECK(refusal(published(), kIssued - 6 * kMinute) == Refused::expired);
  for (const char* no_end : {R"(,"issued_at":1767225800,"expires":0)", R"(,"issued_at":1767225800)",
                             R"(,"issued_at":1767225800,"expires":99999999999)"}) {
    INFO(no_end);
    CHECK(verifier().verify(signed_form(payload(no_end)), "p", kIssued + kDay));
    CHECK(refusal(signed_form(payload(no_end)), kIssued + kDay + kSecond) == Refused::expired);
  }
}

TEST_CASE("What is no deletion callback is refused before anything is believed of it") {
  const std::string right = published();
  for (const std::string& body :
       {std::string(), std::string("signed_request="), std::string("signed_request=abc"), std::string("other=a.b"),
        right + "&" + right, right + "%zz", std::string(20'000, 'a'), signed_form("[]"), signed_form("{}"),
        signed_form(payload("")), signed_form(payload(R"(,"issued_at":"1767225800")")),
        signed_form(payload(R"(,"issued_at":-1)")), signed_form(R"({"user_id":7,"issued_at":1767225800})"),
        signed_form(R"({"user_id":"","issued_at":1767225800})")}) {
    INFO(body.substr(0, 80));
    CHECK(refusal(body) == Refused::malformed);
  }
  CHECK_FALSE(DeletionVerifier::make(facts(), {"m"}, {}));
  std::vector<Secret> empty;
  empty.emplace_back("");
  CHECK_FALSE(DeletionVerifier::make(facts(), {"m"}, empty));
}

TEST_CASE("The page of a wish says in words how far it is, and an unknown code is not repeated on it") {
  for (const char* state : {"nothing", "under-way", "deferred", "done"})
    CHECK(deletion_page(state, "c0de").starts_with("Request c0de\n\n"));
  CHECK(deletion_page("done", "c0de").find("has been deleted") != std::string::npos);
  CHECK(deletion_page("unknown", "<script>").find("script") == std::string::npos);
}

TEST_CASE("The facts of a deletion callback are read strictly") {
  const std::string begin = R"({"signature":{"scheme":"token","header":"h","secret":"s"},"deletion":{)";
  const std::string whole =
      R"("form":"signed_request","field":"signed_request","secret":"app_secret","user":"user_id",)"
      R"("issued":"issued_at","answer":{"url":"url","code":"confirmation_code"})";
  const auto parsed = parse_webhook_facts(begin + whole + "}}");
  REQUIRE(parsed);
  CHECK(parsed->deletion_secret == "app_secret");
  CHECK(parsed->deletion->longest == kDay);
  CHECK_FALSE(parse_webhook_facts(begin + whole + R"(,"more":1}})"));
  CHECK_FALSE(parse_webhook_facts(begin + R"("form":"another"}})"));
}

TEST_CASE("Over HTTP a wish is answered when the broker says so, and a look with a page") {
  Counters counters;
  std::vector<Secret> secrets;
  secrets.emplace_back(std::string(test::kSecret));
  std::vector<DeletionEndpoint> deletions;
  deletions.push_back({.section = "messenger", .facts = facts(), .sections = {"messenger"}, .secrets = secrets});
  Gateway gateway(
      "127.0.0.1", 0, {}, Endpoints::make(test::endpoints(), std::move(deletions)).value(),
      [](WebhookId, VerifiedBody&&) { return false; }, counters);
  const Id code{{0xc0, 0xde}};
  int wishes = 0;
  gateway.take_deletions([&](DeletionCall&& call) {
    if (!call.wish) {
      gateway.tell(call.id, call.code, call.code == code ? "done" : "unknown");
      return true;
    }
    gateway.grant(call.id, *call.wish, code, ++wishes > 1);
    return wishes < 3;
  });
  gateway.start();
  test::Client client(gateway.port());
  const auto post = [&](const std::string& body) {
    return client.ask("POST /deletion/messenger HTTP/1.1\r\nHost: dm.example.org\r\nContent-Length: " +
                      std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  const auto issued = SystemClock().now().wall / kSecond;
  const auto wish = signed_form(payload(",\"issued_at\":" + std::to_string(issued)));
  const auto granted = post(wish);
  CHECK(granted.status == 200);
  const auto url = "https://dm.example.org/deletion/messenger?id=" + code.hex();
  CHECK(granted.body == "{\"url\":\"" + url + "\",\"confirmation_code\":\"" + code.hex() + "\"}");
  CHECK(post(wish).status == 200);
  CHECK(counters.wishes_repeated == 1);
  CHECK(post(published()).status == 403);
  CHECK(counters.wishes_expired == 1);
  CHECK(post(signed_form(payload(""), "another")).status == 403);
  CHECK(counters.wishes_forged == 1);
  CHECK(post("signed_request=nonsense").status == 400);

  const auto look = [&](const std::string& target) {
    return client.ask("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
  };
  CHECK(look("/deletion/messenger?id=" + code.hex()).body.find("has been deleted") != std::string::npos);
  CHECK(look("/deletion/messenger?id=" + std::string(32, '0')).status == 404);
  CHECK(look("/deletion/messenger?id=nonsense").status == 404);
  CHECK(look("/deletion/messenger").status == 404);
  CHECK(look("/deletion/telegram").status == 404);
}

}  // namespace postern::gateway
