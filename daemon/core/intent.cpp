// SPDX-License-Identifier: Apache-2.0
#include "core/intent.hpp"

#include <boost/json.hpp>

#include "core/interned.hpp"

namespace postern::core {
namespace {

std::string_view word(const boost::json::object& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

std::int64_t number(const boost::json::object& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}

Attachment attachment_of(const boost::json::value& value) {
  const auto* object = value.if_object();
  if (!object) return {};
  return {std::string(word(*object, "type")), std::string(word(*object, "url")), std::string(word(*object, "title"))};
}

void read_piece(const boost::json::object& part, Intent& intent) {
  Intent::Piece& piece = intent.pieces.emplace_back();
  piece.content = boost::json::serialize(part);
  piece.text = word(part, "text");
  if (intent.tag.empty()) intent.tag = word(part, "tag");
  if (intent.to_comment.empty()) intent.to_comment = word(part, "to_comment");
  if (const auto* attachment = part.if_contains("attachment")) {
    piece.media = true;
    intent.attachments.push_back(attachment_of(*attachment));
  }
  if (const auto* form = part.if_contains("template")) intent.form = boost::json::serialize(*form);
  if (const auto* replies = part.if_contains("quick_replies"); replies && replies->is_array())
    for (const auto& reply : replies->get_array())
      if (const auto* object = reply.if_object())
        intent.quick_replies.push_back({std::string(word(*object, "title")), std::string(word(*object, "payload"))});
}

}  // namespace

Effect Intent::whole() const {
  Effect whole;
  whole.kind = effect;
  whole.ack = ack;
  whole.purpose = purpose;
  whole.attachments = attachments;
  whole.quick_replies = quick_replies;
  whole.form = form;
  if (!form.empty()) whole.words = words_of_form(form);
  for (const Piece& piece : pieces) whole.text += piece.text;
  return whole;
}

std::optional<Intent> parse_intent(std::string_view text) {
  boost::json::error_code code;
  const auto value = boost::json::parse(text, code);
  const auto* body = code ? nullptr : value.if_object();
  if (!body) return std::nullopt;
  const auto effect = parse_effect_kind(word(*body, "effect"));
  const auto author = policy::parse_author(word(*body, "author"));
  const auto* parts = body->if_contains("parts");
  if (!effect || !author || !parts || !parts->is_array()) return std::nullopt;
  Intent intent;
  intent.effect = *effect;
  intent.author = *author;
  intent.purpose = word(*body, "purpose");
  intent.ack = body->contains("ack");
  intent.of_refusal = body->contains("of_refusal");
  intent.comment_at = number(*body, "comment_at");
  intent.text_hash = number(*body, "text_hash");
  for (const auto& part : parts->get_array()) {
    if (!part.is_object()) return std::nullopt;
    read_piece(part.get_object(), intent);
  }
  return intent;
}

void describe(PastAttempt& attempt, const Intent& intent, std::int64_t number, bool in_public) {
  attempt.effect = intent.effect;
  attempt.author = intent.author;
  if (!intent.purpose.empty()) attempt.purpose = intern(intent.purpose);
  if (number == 1) attempt.text_hash = intent.text_hash;
  if (const auto piece = static_cast<std::size_t>(number - 1); piece < intent.pieces.size())
    attempt.media = intent.pieces[piece].media;
  attempt.public_ = in_public && intent.effect != EffectKind::private_reply;
}

std::string said_by(const Part& part) {
  boost::json::error_code code;
  const auto value = boost::json::parse(part.content, code);
  const auto* content = code ? nullptr : value.if_object();
  if (!content) return {};
  if (const auto* form = content->if_contains("template")) return words_of_form(boost::json::serialize(*form));
  return std::string(word(*content, "text"));
}

std::optional<std::string> parse_consent(std::string_view text) {
  boost::json::error_code code;
  const auto value = boost::json::parse(text, code);
  const auto* body = code ? nullptr : value.if_object();
  if (!body || body->contains("kind")) return std::nullopt;
  return std::string(word(*body, "purpose"));
}

}  // namespace postern::core
