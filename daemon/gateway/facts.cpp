// SPDX-License-Identifier: Apache-2.0
#include "gateway/facts.hpp"

#include <boost/json.hpp>

namespace postern::gateway {
namespace {

namespace json = boost::json;

const json::object* object_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}

std::string text_at(const json::object& object, std::string_view name, std::string_view otherwise = {}) {
  const auto* value = object.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string(text->data(), text->size()) : std::string(otherwise);
}

tl::unexpected<Error> wrong(std::string_view fact) {
  return failure("the plugin's facts: " + std::string(fact), "correct the plugin, or use one made for this version");
}

Result<Signature> parse_signature(const json::object& facts) {
  Signature signature{.header = text_at(facts, "header"), .prefix = text_at(facts, "prefix")};
  if (signature.header.empty()) return wrong("signature.header is missing");
  const auto scheme = text_at(facts, "scheme");
  if (scheme == "token") {
    signature.scheme = Signature::Scheme::token;
    return signature;
  }
  if (scheme != "hmac-sha256" && scheme != "hmac-sha1") return wrong("signature.scheme \"" + scheme + "\" is unknown");
  if (scheme == "hmac-sha1") signature.scheme = Signature::Scheme::hmac_sha1;
  if (text_at(facts, "signed", "body") != "body") return wrong("signature.signed can only be \"body\"");
  const auto encoding = text_at(facts, "encoding", "hex");
  if (encoding != "hex" && encoding != "base64") return wrong("signature.encoding \"" + encoding + "\" is unknown");
  if (encoding == "base64") signature.encoding = Signature::Encoding::base64;
  return signature;
}

Result<Handshake> parse_handshake(const json::object& facts) {
  Handshake handshake{.method = text_at(facts, "method", "GET")};
  if (handshake.method != "GET") return wrong("handshake.method can only be \"GET\"");
  const auto* token = object_at(facts, "token");
  const auto* answer = object_at(facts, "answer");
  if (!token || !answer) return wrong("handshake needs a token and an answer");
  if (text_at(*answer, "as") != "plain") return wrong("handshake.answer.as can only be \"plain\"");
  handshake.token_param = text_at(*token, "param");
  handshake.answer_param = text_at(*answer, "param");
  if (handshake.token_param.empty() || handshake.answer_param.empty()) return wrong("a handshake.*.param is missing");
  if (const auto* match = object_at(facts, "match"))
    for (const auto& [name, value] : *match) handshake.match.emplace_back(name, text_at(*match, name));
  return handshake;
}

}  // namespace

Result<WebhookFacts> parse_webhook_facts(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  const auto* facts = error ? nullptr : value.if_object();
  if (!facts) return wrong("they are no JSON object");
  const auto* signature_facts = object_at(*facts, "signature");
  if (!signature_facts) return wrong("signature is missing");
  auto signature = parse_signature(*signature_facts);
  if (!signature) return tl::unexpected(signature.error());
  WebhookFacts found{.signature = std::move(*signature), .secret_option = text_at(*signature_facts, "secret")};
  if (found.secret_option.empty()) return wrong("signature.secret is missing");
  const auto secret_of = text_at(*facts, "secret_of", "section");
  if (secret_of != "section" && secret_of != "account") return wrong("secret_of must be \"section\" or \"account\"");
  found.per_account = secret_of == "account";

  if (const auto* handshake_facts = object_at(*facts, "handshake")) {
    auto handshake = parse_handshake(*handshake_facts);
    if (!handshake) return tl::unexpected(handshake.error());
    found.token_option = text_at(*object_at(*handshake_facts, "token"), "option");
    if (found.token_option.empty()) return wrong("handshake.token.option is missing");
    found.handshake = std::move(*handshake);
  }
  return found;
}

}  // namespace postern::gateway
