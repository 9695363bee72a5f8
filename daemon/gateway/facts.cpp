// SPDX-License-Identifier: Apache-2.0
#include "gateway/facts.hpp"

#include <boost/json.hpp>

#include "gateway/members.hpp"

namespace postern::gateway {
namespace {

namespace json = boost::json;

constexpr std::int64_t kLongestTolerance = 3600;  // seconds

SignedText signed_text(Members& facts, std::string_view otherwise) {
  const auto text = facts.text("signed", otherwise);
  auto parsed = SignedText::parse(text);
  if (parsed) return std::move(*parsed);
  facts.fail("signed", parsed.error().what);
  return {};
}

Signature::Encoding encoding(std::string_view word) {
  return word == "base64" ? Signature::Encoding::base64 : Signature::Encoding::hex;
}

Signature::Place place(Members& facts, std::string_view name) {
  auto where = facts.object(name);
  Signature::Place found{.param = where.text("param", ""), .header = where.text("header", "")};
  where.end();
  if (facts.has(name) && found.param.empty() == found.header.empty())
    facts.fail(name, "must name either a param or a header");
  return found;
}

/// A place that is named but not signed would be believed for nothing, and one that is signed must be somewhere.
void check_place(Members& facts, std::string_view name, bool named, bool is_signed) {
  if (named && !is_signed) facts.fail(name, "is not part of signature.signed");
  if (!named && is_signed) facts.fail(name, "is part of signature.signed, but where it stands is missing");
}

void read_mac(Members& facts, Signature& signature) {
  signature.prefix = facts.text("prefix", "");
  signature.encoding = encoding(facts.word("encoding", {"hex", "base64"}));
  const auto text = facts.text("signed", "body");
  signature.over = signed_text(facts, "body");
  auto value = facts.object("value");
  if (facts.has("value")) signature.value_param = value.text("param");
  value.end();
  signature.list = facts.text("list", "");
  signature.timestamp = place(facts, "timestamp");
  signature.tolerance = facts.number("tolerance", 300, kLongestTolerance) * kSecond;
  signature.id = place(facts, "id");
  signature.secret_is_base64 = facts.word("secret_form", {"text", "base64"}) == "base64";
  signature.secret_prefix = facts.text("secret_prefix", "");
  check_place(facts, "timestamp", bool(signature.timestamp), signature.over.has_timestamp());
  check_place(facts, "id", bool(signature.id), signature.over.has_id());
  for (auto& other : facts.objects("or")) {
    Signature::Form form{.prefix = other.text("prefix", signature.prefix),
                         .over = signed_text(other, text),
                         .header = other.text("header", "")};
    other.end();
    if (form.over.has_timestamp() != signature.over.has_timestamp() || form.over.has_id() != signature.over.has_id())
      other.fail("signed", "must name the same places as the main form");
    signature.others.push_back(std::move(form));
  }
}

Signature read_signature(Members& facts) {
  Signature signature{.header = facts.text("header")};
  const auto scheme = facts.text("scheme");
  if (scheme == "token")
    signature.scheme = Signature::Scheme::token;
  else if (scheme == "hmac-sha1")
    signature.scheme = Signature::Scheme::hmac_sha1;
  else if (scheme != "hmac-sha256")
    facts.fail("scheme", "\"" + scheme + "\" is unknown");
  if (signature.scheme != Signature::Scheme::token) read_mac(facts, signature);
  return signature;
}

Handshake::Field read_field(Members&& facts, std::string name) {
  Handshake::Field field{.name = std::move(name), .param = facts.text("param")};
  if (facts.has("hmac")) {
    field.mac = encoding(facts.word("hmac", {"hex", "base64"}));
    field.prefix = facts.text("prefix", "");
  }
  facts.end();
  return field;
}

void read_answer(Members&& facts, Handshake& handshake) {
  const bool plain = facts.word("as", {"plain", "json"}) != "json";
  if (plain) {
    handshake.answer_param = facts.text("param");
  } else {
    auto fields = facts.object("fields");
    for (const auto& name : fields.names()) handshake.fields.push_back(read_field(fields.object(name), name));
    if (handshake.fields.empty()) facts.fail("fields", "is missing");
  }
  facts.end();
}

Handshake read_handshake(Members& facts, std::string& token_option) {
  Handshake handshake{.method = facts.word("method", {"GET"}), .present = facts.texts("present")};
  if (facts.has("token")) {
    auto token = facts.object("token");
    handshake.token_param = token.text("param");
    token_option = token.text("option");
    token.end();
  }
  if (!facts.has("answer")) facts.fail("answer", "is missing");
  read_answer(facts.object("answer"), handshake);
  auto match = facts.object("match");
  for (const auto& name : match.names()) handshake.match.emplace_back(name, match.text(name));
  if (handshake.match.empty() && handshake.present.empty() && handshake.token_param.empty())
    facts.fail("match", "is missing: without it, present or token every request is a handshake");
  facts.end();
  return handshake;
}

constexpr std::int64_t kLongestWish = 30 * 86'400;  // seconds

Deletion read_deletion(Members& facts, std::string& secret) {
  facts.word("form", {"signed_request"});
  Deletion deletion{.field = facts.text("field"),
                    .user = facts.text("user"),
                    .issued = facts.text("issued"),
                    .expires = facts.text("expires", ""),
                    .longest = facts.number("longest", 86'400, kLongestWish) * kSecond};
  secret = facts.text("secret");
  auto answer = facts.object("answer");
  deletion.url = answer.text("url");
  deletion.code = answer.text("code");
  answer.end();
  facts.end();
  return deletion;
}

tl::unexpected<Error> wrong_facts(std::string_view why) {
  return failure("the plugin's facts: " + std::string(why), "correct the plugin, or use one made for this version");
}

}  // namespace

Result<WebhookFacts> parse_webhook_facts(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(text.data(), text.size()), error);
  if (error || !value.is_object()) return wrong_facts("they are no JSON object");
  std::string wrong;
  Members facts(value.get_object(), "", wrong);
  if (!facts.has("signature")) return wrong_facts("signature is missing");
  auto signature = facts.object("signature");
  WebhookFacts found{.signature = read_signature(signature), .secret_option = signature.text("secret")};
  signature.end();
  found.per_account = facts.word("secret_of", {"section", "account"}) == "account";
  if (facts.has("handshake")) {
    auto handshake = facts.object("handshake");
    found.handshake = read_handshake(handshake, found.token_option);
  }
  if (facts.has("deletion")) {
    auto deletion = facts.object("deletion");
    found.deletion = read_deletion(deletion, found.deletion_secret);
  }
  if (!wrong.empty()) return wrong_facts(wrong);
  return found;
}

}  // namespace postern::gateway
