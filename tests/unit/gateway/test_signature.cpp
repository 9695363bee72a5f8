// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>
#include <fstream>
#include <sstream>
#include <type_traits>

#include "catch.hpp"
#include "gateway/handshake.hpp"
#include "gateway/signature.hpp"
#include "gateway/target.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

using test::kSecret;
using test::meta_signature;

static_assert(!std::is_default_constructible_v<VerifiedBody>);
static_assert(!std::is_constructible_v<VerifiedBody, Delivery>, "only a Verifier may vouch for a body");
static_assert(!std::is_copy_constructible_v<VerifiedBody>);
static_assert(std::is_nothrow_move_constructible_v<VerifiedBody>);

boost::json::array vectors() {
  std::ifstream file(POSTERN_TEST_DATA "/platforms/test-vectors.json");
  std::stringstream text;
  text << file.rdbuf();
  return boost::json::parse(text.str()).as_array();
}

std::string text(const boost::json::object& vector, const char* name) {
  return std::string(vector.at(name).as_string());
}

Verifier verifier(Signature signature, std::initializer_list<std::string_view> secrets) {
  std::vector<Secret> made;
  for (const auto secret : secrets) made.emplace_back(std::string(secret));
  return Verifier::make(std::move(signature), std::move(made)).value();
}

bool accepts(const Verifier& verifier, std::string_view body, std::optional<std::string_view> presented) {
  return verifier.verify(Delivery{.body = std::string(body)}, presented).has_value();
}

// Schemes that are a MAC over the body alone, as the platforms' own vectors name them.
std::optional<Signature> scheme_of(const std::string& platform, const std::string& header) {
  using Scheme = Signature::Scheme;
  if (platform == "messenger" || platform == "instagram" || platform == "whatsapp")
    return Signature{Scheme::hmac_sha256, header, "sha256="};
  if (platform == "x") return Signature{Scheme::hmac_sha256, header, "sha256=", Signature::Encoding::base64};
  if (platform == "telegram") return Signature{Scheme::token, header};
  return std::nullopt;
}

TEST_CASE("The platforms' vectors verify, and nothing near them does") {
  int tried = 0;
  for (const auto& value : vectors()) {
    const auto& vector = value.as_object();
    const auto kind = text(vector, "kind");
    if (kind != "webhook-signature" && kind != "webhook-header") continue;
    const auto signature = scheme_of(text(vector, "platform"), text(vector, "header"));
    if (!signature) continue;
    ++tried;
    INFO(text(vector, "name"));
    const auto check = verifier(*signature, {text(vector, "secret")});
    const auto body = vector.contains("body") ? text(vector, "body") : "{}";
    const auto presented = text(vector, "value");
    CHECK(accepts(check, body, presented));
    CHECK_FALSE(accepts(check, body, std::nullopt));
    CHECK_FALSE(accepts(check, body, ""));
    CHECK_FALSE(accepts(check, body, presented + "0"));
    CHECK_FALSE(accepts(check, body, presented.substr(0, presented.size() - 1)));
    CHECK_FALSE(accepts(verifier(*signature, {"another secret"}), body, presented));
  }
  CHECK(tried == 5);
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
  const auto flipped = [](std::string text, std::size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ (1 << bit % 8));
    return text;
  };
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
  auto verified = verifier(meta_signature(), {kSecret})
                      .verify({.section = "messenger", .account = "acme", .body = body}, test::mac(body));
  REQUIRE(verified.has_value());
  CHECK(verified->delivery().section == "messenger");
  CHECK(verified->delivery().account == "acme");
  CHECK(verified->body() == body);
  CHECK(std::move(*verified).take_body() == body);
}

TEST_CASE("Meta's handshake is answered to who knows the token") {
  const auto endpoint = test::endpoints().front();
  for (const auto& value : vectors()) {
    const auto& vector = value.as_object();
    if (text(vector, "name") != "meta-verify-get") continue;
    const auto request = text(vector, "request");
    const Target target(std::string_view(request).substr(4));
    CHECK(answer(*endpoint.handshake, parse_query(target.query).value()) == text(vector, "response_body"));
  }
  const auto reply = [&](std::string_view query) { return answer(*endpoint.handshake, parse_query(query).value()); };
  CHECK(reply("hub.mode=subscribe&hub.challenge=a%2Bb+c&hub.verify_token=postern-verify-7788") == "a+b c");
  CHECK_FALSE(reply("hub.mode=subscribe&hub.challenge=1&hub.verify_token=postern-verify-7789"));
  CHECK_FALSE(reply("hub.mode=subscribe&hub.challenge=1&hub.verify_token="));
  CHECK_FALSE(reply("hub.mode=subscribe&hub.challenge=1"));
  CHECK_FALSE(reply("hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply("hub.challenge=1&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply("hub.mode=subscribe&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply("hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=postern-verify-7788"));
}

}  // namespace
}  // namespace postern::gateway
