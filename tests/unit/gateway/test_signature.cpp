// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <type_traits>

#include "catch.hpp"
#include "gateway/facts.hpp"
#include "rig.hpp"
#include "vectors.hpp"

namespace postern::gateway {
namespace {

using test::kSecret;
using test::meta_signature;
using test::text;
using test::vectors;

static_assert(!std::is_default_constructible_v<VerifiedBody>);
static_assert(!std::is_constructible_v<VerifiedBody, Delivery>, "only a Verifier may vouch for a body");
static_assert(!std::is_copy_constructible_v<VerifiedBody>);
static_assert(std::is_nothrow_move_constructible_v<VerifiedBody>);

Verifier verifier(Signature signature, std::initializer_list<std::string_view> secrets) {
  std::vector<Secret> made;
  for (const auto secret : secrets) made.emplace_back(std::string(secret));
  return Verifier::make(std::move(signature), std::move(made)).value();
}

bool accepts(const Verifier& verifier, std::string_view body, std::optional<std::string_view> presented,
             Micros wall = 0) {
  const auto fields = [&](std::string_view) { return presented; };
  return verifier.verify(Delivery{.body = std::string(body)}, fields, wall).has_value();
}

std::string flipped(std::string text, std::size_t bit) {
  text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
  return text;
}

TEST_CASE("The platforms' vectors verify, and nothing near them does") {
  int tried = 0;
  for (const auto& value : vectors()) {
    const auto& vector = value.as_object();
    const auto kind = text(vector, "kind");
    if (kind != "webhook-signature" && kind != "webhook-header") continue;
    ++tried;
    INFO(text(vector, "name"));
    const auto facts = parse_webhook_facts(test::facts_of(text(vector, "platform")));
    REQUIRE(facts.has_value());
    CHECK(facts->signature.header == text(vector, "header"));
    const auto check = verifier(facts->signature, {text(vector, "secret")});
    const auto at = vector.contains("timestamp") ? vector.at("timestamp").as_int64() * kSecond : 0;
    const auto body = vector.contains("body") ? text(vector, "body") : "{}";
    const auto presented = text(vector, "value");
    CHECK(accepts(check, body, presented, at));
    if (vector.contains("also_seen")) CHECK(accepts(check, body, text(vector, "also_seen"), at));
    CHECK_FALSE(accepts(check, body, std::nullopt, at));
    CHECK_FALSE(accepts(check, body, "", at));
    CHECK_FALSE(accepts(check, body, presented + "0", at));
    CHECK_FALSE(accepts(check, body, presented.substr(0, presented.size() - 1), at));
    CHECK_FALSE(accepts(verifier(facts->signature, {"another secret"}), body, presented, at));
  }
  CHECK(tried == 7);
}

TEST_CASE("A body that was parsed and written again does not fit the signature of the original") {
  std::string original, rewritten;
  for (const auto& value : vectors()) {
    const auto name = text(value.as_object(), "name");
    if (name == "instagram-text-escaped") original = text(value.as_object(), "value");
    if (name == "instagram-text-reserialised-WRONG") rewritten = text(value.as_object(), "body");
  }
  REQUIRE_FALSE(original.empty());
  REQUIRE_FALSE(rewritten.empty());
  CHECK_FALSE(accepts(verifier(meta_signature(), {kSecret}), rewritten, original));
}

TEST_CASE("Meta's legacy header is an HMAC with SHA-1 of the same secret") {
  const auto first = vectors().front().as_object();
  const Signature legacy{Signature::Scheme::hmac_sha1, text(first, "legacy_header"), "sha1="};
  CHECK(accepts(verifier(legacy, {kSecret}), text(first, "body"), text(first, "legacy_value")));
  CHECK_FALSE(accepts(verifier(legacy, {kSecret}), text(first, "body") + " ", text(first, "legacy_value")));
}

TEST_CASE("Every change of one bit, in the body or the signature, is refused") {
  const std::string body = R"({"object":"page","entry":[{"id":"1","time":1,"messaging":[]}]})";
  struct Case {
    Verifier verifier;
    std::string presented;
    bool body_signed;
  };
  const auto sha256 = crypto::Hmac(view(kSecret))({view(body)});
  const auto sha1 = crypto::Hmac(view(kSecret), "SHA1")({view(body)});
  std::vector<Case> cases;
  cases.push_back({verifier(meta_signature(), {"old", kSecret}), "sha256=" + hex(sha256), true});
  cases.push_back({verifier({Signature::Scheme::hmac_sha256, "S", "v1=", Signature::Encoding::base64}, {kSecret}),
                   "v1=" + base64(sha256), true});
  cases.push_back({verifier({Signature::Scheme::hmac_sha1, "S", ""}, {kSecret}), hex(ByteView(sha1).first(20)), true});
  cases.push_back({verifier({Signature::Scheme::token, "S"}, {"old", kSecret}), std::string(kSecret), false});
  for (const auto& one : cases) {
    REQUIRE(accepts(one.verifier, body, one.presented));
    for (std::size_t bit = 0; bit < one.presented.size() * 8; ++bit)
      REQUIRE_FALSE(accepts(one.verifier, body, flipped(one.presented, bit)));
    for (std::size_t bit = 0; one.body_signed && bit < body.size() * 8; ++bit)
      REQUIRE_FALSE(accepts(one.verifier, flipped(body, bit), one.presented));
  }
}

TEST_CASE("While a secret is replaced, the old and the new one both hold") {
  const auto both = verifier(meta_signature(), {"old secret", kSecret});
  const std::string body = "{}";
  const auto with = [&](std::string_view secret) { return "sha256=" + hex(crypto::Hmac(view(secret))({view(body)})); };
  CHECK(accepts(both, body, with("old secret")));
  CHECK(accepts(both, body, with(kSecret)));
  CHECK_FALSE(accepts(both, body, with("older secret")));
}

TEST_CASE("There is no verifier without a secret") {
  CHECK_FALSE(Verifier::make(meta_signature(), {}).has_value());
  std::vector<Secret> with_empty;
  with_empty.emplace_back(std::string(kSecret));
  with_empty.emplace_back();
  CHECK_FALSE(Verifier::make(meta_signature(), with_empty).has_value());
  CHECK_FALSE(Verifier::make({Signature::Scheme::token, ""}, {Secret("x")}).has_value());
}

TEST_CASE("A verified body is what was signed, byte for byte") {
  const std::string body("\x00\xff\xfe not UTF-8", 13);
  const auto value = test::mac(body);
  const std::optional<std::string_view> presented = value;
  auto verified = verifier(meta_signature(), {kSecret})
                      .verify(
                          {.section = "messenger", .account = "acme", .body = body},
                          [&](std::string_view) { return presented; }, 0);
  REQUIRE(verified.has_value());
  CHECK(verified->delivery().section == "messenger");
  CHECK(verified->delivery().account == "acme");
  CHECK(verified->body() == body);
  CHECK(std::move(*verified).take_body() == body);
}

TEST_CASE("The time in TikTok's header is signed, and holds for five minutes") {
  for (const auto& value : vectors()) {
    const auto& vector = value.as_object();
    if (text(vector, "name") != "tiktok-im-receive") continue;
    const auto check = verifier(parse_webhook_facts(test::facts_of("tiktok"))->signature, {text(vector, "secret")});
    const auto body = text(vector, "body"), presented = text(vector, "value");
    const auto at = vector.at("timestamp").as_int64() * kSecond;
    for (const auto wall : {at - 300 * kSecond, at, at + 300 * kSecond}) CHECK(accepts(check, body, presented, wall));
    for (const auto wall : {at - 301 * kSecond, at + 301 * kSecond, Micros{0}})
      CHECK_FALSE(accepts(check, body, presented, wall));
    for (std::size_t bit = 0; bit < presented.size() * 8; ++bit)
      REQUIRE_FALSE(accepts(check, body, flipped(presented, bit), at));
    for (std::size_t bit = 0; bit < body.size() * 8; ++bit)
      REQUIRE_FALSE(accepts(check, flipped(body, bit), presented, at));
    const auto mac = presented.substr(presented.find("s="));
    CHECK(accepts(check, body, mac + ", t=1767226100", at));  // in another order
    CHECK(accepts(check, body, presented + ",v=2", at));
    for (const auto& wrong : {mac, std::string("t=1767226100"), presented + ",t=1767226100", presented + "," + mac,
                              "t=," + mac, "t=-1767226100," + mac, "t=1767226100.0," + mac, "t= 1767226100," + mac})
      CHECK_FALSE(accepts(check, body, wrong, at));
  }
}

struct StandardWebhook {
  std::string id = "msg_p5jXN8AQM9LWM0D4loKWxJek", time = "1614265330",
              value = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", body = R"({"test": 2432232314})";
};

// The example of the Standard Webhooks libraries' own tests, and the secret it is made with.
constexpr std::string_view kStandardSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

bool accepts(const Verifier& verifier, const StandardWebhook& webhook, Micros wall = 1614265330 * kSecond) {
  const auto fields = [&](std::string_view name) -> std::optional<std::string_view> {
    if (name == "webhook-id") return webhook.id;
    if (name == "webhook-timestamp") return webhook.time;
    if (name == "webhook-signature") return webhook.value;
    return std::nullopt;
  };
  return verifier.verify(Delivery{.body = webhook.body}, fields, wall).has_value();
}

TEST_CASE("A Standard Webhook: id and time in headers of their own, several signatures, a key in base64") {
  const auto signature = parse_webhook_facts(test::facts_of("bridge"))->signature;
  const auto check = verifier(signature, {kStandardSecret});
  const StandardWebhook good;
  CHECK(accepts(check, good));
  CHECK(accepts(verifier(signature, {kStandardSecret.substr(6)}), good));
  auto several = good;
  several.value = "v1,AAAA v1a,BBBB " + good.value + " v2,CCCC";
  CHECK(accepts(check, several));
  several.value = "v1,AAAA v1a,BBBB";
  CHECK_FALSE(accepts(check, several));
  several.value = "v1,AAAA" + good.value;
  CHECK_FALSE(accepts(check, several));
  CHECK(accepts(check, good, (1614265330 + 300) * kSecond));
  CHECK_FALSE(accepts(check, good, (1614265330 + 301) * kSecond));
  CHECK_FALSE(accepts(check, good, (1614265330 - 301) * kSecond));
  for (auto part : {&StandardWebhook::id, &StandardWebhook::time, &StandardWebhook::value, &StandardWebhook::body})
    for (std::size_t bit = 0; bit < (good.*part).size() * 8; ++bit) {
      auto changed = good;
      changed.*part = flipped(good.*part, bit);
      REQUIRE_FALSE(accepts(check, changed));
    }
}

TEST_CASE("The border between a webhook's id and its time cannot be moved") {
  const auto check = verifier(parse_webhook_facts(test::facts_of("bridge"))->signature, {kStandardSecret});
  const StandardWebhook good;
  auto moved = good;
  moved.id = good.id + "." + good.time;
  moved.time = "1614265330";
  CHECK_FALSE(accepts(check, moved));
  moved.id = "";
  CHECK_FALSE(accepts(check, moved));
}

TEST_CASE("A secret that should be base64 and is not is an error that does not show it") {
  const auto signature = parse_webhook_facts(test::facts_of("bridge"))->signature;
  const auto made = Verifier::make(signature, {Secret("whsec_hunter2!")});
  REQUIRE_FALSE(made.has_value());
  CHECK(postern::text(made.error()).find("hunter2") == std::string::npos);
  CHECK_FALSE(Verifier::make(signature, {Secret("whsec_")}).has_value());
}

TEST_CASE("A form with a header of its own is read there, and either header will do") {
  const auto facts =
      parse_webhook_facts(R"({"signature": {"scheme": "hmac-sha256", "header": "x-old", "prefix": "sha256=",
    "encoding": "base64", "signed": "{body}", "secret": "s", "or": [{"header": "x-new"}]},
    "secret_of": "section", "handshake": null})");
  REQUIRE(facts.has_value());
  const auto check = verifier(facts->signature, {"old secret", "new secret"});
  const auto mac = [&](std::string_view secret) {
    return "sha256=" + base64(crypto::Hmac(view(secret))({view(std::string_view("body"))}));
  };
  using Headers = std::map<std::string_view, std::string>;
  const auto takes = [&](const Headers& headers) {
    return check
        .verify(
            Delivery{.body = "body"},
            [&](std::string_view name) {
              const auto found = headers.find(name);
              return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
            },
            0)
        .has_value();
  };
  CHECK(takes({{"x-old", mac("old secret")}}));
  CHECK(takes({{"x-new", mac("new secret")}}));
  CHECK(takes({{"x-old", mac("old secret")}, {"x-new", mac("new secret")}}));
  CHECK(takes({{"x-old", "rubbish"}, {"x-new", mac("new secret")}}));
  CHECK_FALSE(takes({{"x-other", mac("new secret")}}));
  CHECK_FALSE(takes({{"x-old", mac("another")}, {"x-new", mac("another")}}));
  CHECK_FALSE(takes({}));
}

}  // namespace
}  // namespace postern::gateway
