// SPDX-License-Identifier: Apache-2.0
#include "core/effect.hpp"

#include <array>
#include <boost/json.hpp>

#include "core/time_text.hpp"

namespace postern::core {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 24> kEffects = {
    "reply",    "send",    "comment_reply", "private_reply", "typing", "seen",    "react",    "hide",
    "note",     "tag",     "untag",         "set",           "assign", "release", "priority", "sla",
    "escalate", "consent", "schedule",      "cancel",        "fetch",  "notify",  "close",    "reopen"};
constexpr std::size_t kTextLimit = 64 * 1024, kFormLimit = 16 * 1024, kAttachmentLimit = 10, kQuickReplyLimit = 13;

class Reader {
 public:
  Reader(const json::object& object, std::string_view effect) : object_(object), effect_(effect) {}

  std::string text(std::string_view name, bool required = false) {
    const auto* value = object_.if_contains(name);
    if (!value || value->is_null()) {
      if (required) wrong(name, "a text");
      return {};
    }
    const auto* string = value->if_string();
    if (!string || string->size() > kTextLimit) {
      wrong(name, "a text of at most 64 KiB");
      return {};
    }
    return {string->data(), string->size()};
  }
  bool flag(std::string_view name) {
    const auto* value = object_.if_contains(name);
    if (!value || value->is_null()) return false;
    if (!value->is_bool()) wrong(name, "true or false");
    return value->is_bool() && value->get_bool();
  }
  bool integer(std::string_view name, std::int64_t& to) {
    const auto* value = object_.if_contains(name);
    if (!value || value->is_null()) return false;
    if (!value->is_int64()) {
      wrong(name, "a whole number");
      return false;
    }
    to = value->get_int64();
    return true;
  }
  const json::array* list(std::string_view name, std::size_t limit) {
    const auto* value = object_.if_contains(name);
    if (!value || value->is_null()) return nullptr;
    const auto* array = value->if_array();
    if (!array || array->size() > limit) wrong(name, "a list of at most " + std::to_string(limit));
    return array && array->size() <= limit ? array : nullptr;
  }
  const json::value* any(std::string_view name) { return object_.if_contains(name); }
  void wrong(std::string_view name, std::string_view expected) {
    if (error.empty())
      error = "effect " + std::string(effect_) + ", field " + std::string(name) + ": expected " + std::string(expected);
  }
  std::string error;

 private:
  const json::object& object_;
  std::string_view effect_;
};

std::string member(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  const auto* found = object ? object->if_contains(name) : nullptr;
  const auto* string = found ? found->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

/// What fills a template's gaps: the list "parameters", and whatever its "components" have as "text".
void add_words(const json::value& value, std::string_view name, std::string& words) {
  if (const auto* object = value.if_object())
    for (const auto& [key, inner] : *object) add_words(inner, key, words);
  if (const auto* array = value.if_array())
    for (const auto& inner : *array) add_words(inner, name, words);
  const auto* string = value.if_string();
  if (string && (name == "parameters" || name == "text"))
    words.append(words.empty() ? "" : "\n").append(string->data(), string->size());
}

void read_template(Reader& read, const json::value& form, Effect& effect) {
  if (member(form, "name").empty() || member(form, "language").empty())
    return read.wrong("template", "an object with name and language");
  if (effect.kind != EffectKind::reply && effect.kind != EffectKind::send)
    return read.wrong("template", "none: only reply and send take one");
  if (!effect.text.empty() || !effect.attachments.empty() || !effect.quick_replies.empty())
    return read.wrong("template", "nothing beside it: the platform has its words");
  effect.form = json::serialize(form);
  if (effect.form.size() > kFormLimit) return read.wrong("template", "at most 16 KiB");
  add_words(form, {}, effect.words);
}

void read_message(Reader& read, Effect& effect) {
  effect.text = read.text("text");
  effect.reply_to = read.text("reply_to");
  effect.ack = read.flag("ack");
  effect.purpose = read.text("purpose");
  if (const auto* list = read.list("attachments", kAttachmentLimit))
    for (const auto& item : *list) {
      effect.attachments.push_back({member(item, "type"), member(item, "url"), member(item, "title")});
      if (effect.attachments.back().type.empty() || effect.attachments.back().url.empty())
        read.wrong("attachments", "objects with type and url");
    }
  if (const auto* list = read.list("quick_replies", kQuickReplyLimit))
    for (const auto& item : *list) {
      effect.quick_replies.push_back({member(item, "title"), member(item, "payload")});
      if (effect.quick_replies.back().title.empty()) read.wrong("quick_replies", "objects with a title");
    }
  if (const auto* form = read.any("template"); form && !form->is_null()) return read_template(read, *form, effect);
  if (effect.text.empty() && effect.attachments.empty()) read.wrong("text", "a text, an attachment or a template");
}

void read_schedule(Reader& read, Effect& effect) {
  effect.text = read.text("id", true);
  std::int64_t seconds = 0;
  if (const std::string at = read.text("at"); !at.empty()) {
    effect.at = true;
    effect.number = parse_rfc3339(at);
    if (effect.number == 0) read.wrong("at", "a time like 2026-01-01T00:00:00.000Z");
  } else if (read.integer("in", seconds) && seconds >= 0 && seconds <= 400 * 86400) {
    effect.number = seconds * kSecond;
  } else {
    read.wrong("in", "seconds, or a time in `at`");
  }
}

}  // namespace

std::string_view name(EffectKind kind) {
  return kind == EffectKind::state ? "state" : kEffects[static_cast<std::size_t>(kind)];
}

std::optional<EffectKind> parse_effect_kind(std::string_view word) {
  if (word == "state") return EffectKind::state;
  for (std::size_t i = 0; i < kEffects.size(); ++i)
    if (kEffects[i] == word) return static_cast<EffectKind>(i);
  return std::nullopt;
}

Result<Effect> parse_effect(std::string_view text) {
  unsigned char buffer[4096];
  json::monotonic_resource memory(buffer, sizeof buffer);
  json::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code, &memory);
  if (code) return failure("effect is no JSON: " + code.message());
  const auto* object = value.if_object();
  if (!object) return failure("effect: expected an object");

  const std::string word = member(value, "effect");
  const auto kind = parse_effect_kind(word);
  if (!kind)
    return failure("effect: expected one of the effects of effect.schema.json, found \"" + word.substr(0, 40) + "\"");

  Effect effect;
  effect.kind = *kind;
  Reader read(*object, word);
  switch (effect.kind) {
    case EffectKind::send:
      effect.value = read.text("conversation", true);
      [[fallthrough]];
    case EffectKind::reply:
    case EffectKind::comment_reply:
    case EffectKind::private_reply:
      read_message(read, effect);
      break;
    case EffectKind::react:
      effect.value = read.text("emoji", true);
      effect.reply_to = read.text("platform_id");
      break;
    case EffectKind::consent:
      effect.purpose = read.text("purpose", true);
      effect.value = read.text("state", true);
      effect.text = read.text("evidence");
      if (effect.value != "granted" && effect.value != "revoked") read.wrong("state", "granted or revoked");
      break;
    case EffectKind::tag:
    case EffectKind::untag:
      effect.text = read.text("tag", true);
      break;
    case EffectKind::set:
      effect.contact_scope = read.text("scope") == "contact";
      effect.text = read.text("name", true);
      effect.value = read.text("value");
      break;
    case EffectKind::assign:
      effect.value = read.text("to", true);
      break;
    case EffectKind::priority:
      read.integer("value", effect.number);
      break;
    case EffectKind::escalate:
      effect.text = read.text("reason", true);
      effect.value = read.text("to");
      break;
    case EffectKind::schedule:
      read_schedule(read, effect);
      break;
    case EffectKind::sla:
      if (!read.integer("in", effect.number) || effect.number < 1 || effect.number > 400 * 86400)
        read.wrong("in", "seconds from now, at most 400 days");
      effect.number *= kSecond;
      break;
    case EffectKind::cancel:
      effect.text = read.text("id", true);
      break;
    case EffectKind::note:
    case EffectKind::notify:
      effect.text = read.text("text", true);
      break;
    case EffectKind::close:
      effect.text = read.text("reason");
      break;
    case EffectKind::state: {
      const auto* state = read.any("value");
      if (!state || !state->is_object())
        read.wrong("value", "an object");
      else
        effect.text = json::serialize(*state);
      if (effect.text.size() > 16 * 1024) read.wrong("value", "at most 16 KiB");
      break;
    }
    default:
      break;
  }
  if (!read.error.empty()) return failure(read.error);
  return effect;
}

std::string words_of_form(std::string_view form) {
  json::error_code code;
  const auto value = json::parse(form, code);
  std::string words;
  if (!code) add_words(value, {}, words);
  return words;
}

}  // namespace postern::core
