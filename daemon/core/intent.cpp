// SPDX-License-Identifier: Apache-2.0
#include "core/intent.hpp"

#include <boost/json.hpp>

namespace postern::core {
namespace {

std::string_view word(const boost::json::object& body, std::string_view name) {
  const auto* value = body.if_contains(name);
  const auto* text = value ? value->if_string() : nullptr;
  return text ? std::string_view(text->data(), text->size()) : std::string_view();
}

}  // namespace

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
  if (const auto* when = body->if_contains("comment_at"); when && when->is_int64())
    intent.comment_at = when->get_int64();
  for (const auto& part : parts->get_array()) {
    if (!part.is_object()) return std::nullopt;
    intent.pieces.push_back({boost::json::serialize(part), part.get_object().contains("attachment")});
  }
  return intent;
}

}  // namespace postern::core
