// SPDX-License-Identifier: Apache-2.0
#include "bag/line.hpp"

#include <boost/json.hpp>

#include "core/json_text.hpp"

namespace postern::bag {
namespace {

namespace json = boost::json;

std::string text(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}
const json::object* member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value ? value->if_object() : nullptr;
}
template <typename Take>
void each(const json::object& object, std::string_view name, Take&& take) {
  const auto* value = object.if_contains(name);
  if (const auto* array = value ? value->if_array() : nullptr)
    for (const auto& item : *array)
      if (item.is_object()) take(item.get_object());
}

void add_line(std::string& out, const std::string& more) {
  if (!more.empty()) out.append(out.empty() ? "" : "\n").append(more);
}
void add_attachment(std::string& out, const json::object& attachment) {
  std::string words = "[" + text(attachment, "type");
  for (const char* name : {"title", "url", "id"})
    if (const auto value = text(attachment, name); !value.empty()) words += " " + value;
  add_line(out, words + "]");
}

/// Of an event (plugin-api/schema/event.schema.json).
std::string said(const json::object& event) {
  std::string out = text(event, "text");
  each(event, "attachments", [&](const json::object& attachment) { add_attachment(out, attachment); });
  if (const auto* reaction = member(event, "reaction")) {
    const auto emoji = text(*reaction, "emoji");
    const bool taken_back = text(*reaction, "action") == "unreact";
    add_line(out,
             (taken_back ? "(takes back " : "(reacts with ") + (emoji.empty() ? text(*reaction, "name") : emoji) + ")");
  }
  if (const auto* postback = member(event, "postback")) add_line(out, "(presses " + text(*postback, "title") + ")");
  if (const auto kind = text(event, "kind"); kind != "message" && kind != "comment")
    out = "(" + kind + ")" + (out.empty() ? "" : " ") + out;
  return out;
}

/// Of the parts of an outbound message.
std::string spoken(const json::object& body) {
  std::string out;
  each(body, "parts", [&](const json::object& part) {
    add_line(out, text(part, "text"));
    if (const auto* attachment = member(part, "attachment")) add_attachment(out, *attachment);
    if (const auto action = text(part, "action"); !action.empty())
      add_line(out, "(" + action + (text(part, "emoji").empty() ? "" : " ") + text(part, "emoji") + ")");
  });
  return out;
}

/// What else a body has to say: a handler's notes, a reason.
std::string noted(const json::object& body) {
  std::string out;
  each(body, "effects", [&](const json::object& effect) {
    if (const auto words = text(effect, "text"); !words.empty()) add_line(out, text(effect, "effect") + ": " + words);
  });
  add_line(out, text(body, "reason"));
  return out;
}

/// "echo" of "plugin:echo@1.0.0"; "agent 1a2b3c4d" of "user:1a2b3c4d…".
std::string actor_name(std::string_view actor) {
  if (actor.starts_with("plugin:")) return std::string(actor.substr(7, actor.find('@') - 7));
  if (actor.starts_with("user:")) return "agent " + std::string(actor.substr(5, 8));
  return std::string(actor);
}

void read_event(Line& line, const json::object& event, std::string_view name) {
  const bool outgoing = text(event, "direction") == "out";
  line.side = outgoing ? Line::Side::brand : Line::Side::contact;
  line.author = outgoing ? "the brand's own app" : name;
  if (const auto* sender = member(event, "sender"); sender && !outgoing)
    if (const auto own = text(*sender, "name"); !own.empty()) line.author = own;
  line.text = said(event);
}

}  // namespace

Line line_of(const ledger::Leaf& leaf, const std::string* body, std::string_view name) {
  Line line;
  line.index = leaf.i;
  line.at = leaf.t;
  const std::pair<std::string*, std::string_view> copied[] = {
      {&line.type, leaf.k},     {&line.outcome, leaf.o}, {&line.actor, leaf.a},    {&line.account, leaf.w},
      {&line.platform, leaf.p}, {&line.contact, leaf.s}, {&line.decision, leaf.d}, {&line.conversation, leaf.c}};
  for (const auto& [to, from] : copied) to->assign(from);
  line.cause = leaf.r;
  line.author = actor_name(leaf.a);
  line.erased = !leaf.h.empty() && !body;
  const bool is_intent = leaf.k == "msg.out.intent" || leaf.k == "policy.hold" || leaf.k == "policy.refuse";
  if (is_intent) line.side = Line::Side::brand;
  if (!body) return line;
  json::error_code error;
  const auto value = json::parse(*body, error);
  const auto* object = error ? nullptr : value.if_object();
  line.body = body->find('\n') == std::string::npos || !object ? *body : json::serialize(value);
  if (!object) return line;
  if (is_intent)
    line.text = spoken(*object);
  else if (leaf.k.starts_with("msg.") && object->contains("kind"))
    read_event(line, *object, name);
  else
    line.text = noted(*object);
  return line;
}

std::string json_of(const Line& line) {
  std::string out;
  core::JsonObject object(out);
  object.add("i", static_cast<std::int64_t>(line.index)).add("at", rfc3339(line.at)).add("type", line.type);
  object.add("outcome", line.outcome).add("actor", line.actor).add_if("account", line.account);
  object.add_if("platform", line.platform).add_if("conversation", line.conversation).add_if("contact", line.contact);
  object.add_if("decision", line.decision);
  if (line.cause) object.add("cause", *line.cause);
  object.add("side", line.side == Line::Side::contact ? "contact" : line.side == Line::Side::brand ? "brand" : "note");
  object.add_if("author", line.author).add_if("text", line.text);
  if (line.erased) object.add("erased", true);
  if (!line.body.empty()) object.raw("body", line.body);
  object.end();
  return out;
}

}  // namespace postern::bag
