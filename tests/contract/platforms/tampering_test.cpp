// SPDX-License-Identifier: Apache-2.0
// A hundred signed webhooks of each platform, and every one with a bit changed, be it in the body, in the signature, or
// in what else is signed: the gateway refuses them all.
#include "base/bytes.hpp"
#include "catch.hpp"
#include "contract/platforms/case.hpp"
#include "gateway/facts.hpp"

namespace {

using namespace postern::gateway;

constexpr int kSamples = 100;
constexpr std::string_view kTime = "1767226100", kId = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";
constexpr std::string_view kSecret = "bW9yZS10aGFuLXR3ZW50eS1ieXRlcy1vZi1rZXk=";  // where a key has to be base64, it is

/// A webhook as it would come, each header by its name.
struct Signed {
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

Signed sign(const Signature& signature, std::string body) {
  const auto key = key_of(signature, postern::Secret(std::string(kSecret))).value();
  if (signature.scheme == Signature::Scheme::token)
    return {std::move(body), {{signature.header, std::string(kSecret)}}};
  const SignedText::Values values{.body = body, .timestamp = kTime, .id = kId};
  const bool sha1 = signature.scheme == Signature::Scheme::hmac_sha1;
  const postern::crypto::Hmac hmac(postern::view(key.reveal()), sha1 ? "SHA1" : "SHA256");
  std::string value = signature.prefix + encoded_mac(hmac, signature, signature.over.bytes(values));
  if (!signature.value_param.empty())
    value = signature.timestamp.param + "=" + std::string(kTime) + "," + signature.value_param + "=" + value;
  Signed webhook{std::move(body), {{signature.header, std::move(value)}}};
  if (!signature.timestamp.header.empty()) webhook.headers.emplace_back(signature.timestamp.header, kTime);
  if (!signature.id.header.empty()) webhook.headers.emplace_back(signature.id.header, kId);
  return webhook;
}

bool accepted(const Verifier& verifier, const Signed& webhook) {
  const auto fields = [&](std::string_view name) -> std::optional<std::string_view> {
    for (const auto& [header, value] : webhook.headers)
      if (header == name) return value;
    return std::nullopt;
  };
  return verifier.verify({.body = webhook.body}, fields, 1'767'226'100 * postern::kSecond).has_value();
}

/// How many of the changes of one bit in `text`, which is a part of `webhook`, are taken for what was signed.
std::size_t taken(const Verifier& verifier, const Signed& webhook, std::string& text) {
  std::size_t count = 0;
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    const char mask = static_cast<char>(1 << bit % 8);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ mask);
    count += accepted(verifier, webhook);
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ mask);
  }
  return count;
}

/// Bodies of the platform's cases, each no longer than what is quickly gone through; in turns, no two alike.
std::vector<std::string> samples(const std::string& platform) {
  std::vector<std::string> bodies, found;
  for (const auto& each : contract::cases(platform, "decode"))
    if (auto body = contract::body_of(contract::Node(each.json)); !body.empty() && body.size() < 700)
      found.push_back(std::move(body));
  REQUIRE(!found.empty());
  for (int i = 0; i < kSamples; ++i)
    bodies.push_back(found[static_cast<std::size_t>(i) % found.size()] +
                     std::string(static_cast<std::size_t>(i) / found.size(), '\n'));
  return bodies;
}

}  // namespace

TEST_CASE("no webhook of which a bit was changed is taken") {
  for (const auto& platform : contract::platforms()) {
    INFO(platform);
    const auto facts = parse_webhook_facts(contract::load(platform)->facts);
    REQUIRE(facts.has_value());
    const auto verifier = Verifier::make(facts->signature, {postern::Secret(std::string(kSecret))});
    REQUIRE(verifier.has_value());
    const bool body_is_signed = facts->signature.scheme != Signature::Scheme::token;  // Telegram's is not
    for (auto& body : samples(platform)) {
      auto webhook = sign(facts->signature, std::move(body));
      REQUIRE(accepted(*verifier, webhook));
      if (body_is_signed) CHECK(taken(*verifier, webhook, webhook.body) == 0);
      for (auto& header : webhook.headers) CHECK(taken(*verifier, webhook, header.second) == 0);
    }
  }
}
