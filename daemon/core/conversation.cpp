// SPDX-License-Identifier: Apache-2.0
#include "core/conversation.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>

#include "core/json_text.hpp"

namespace postern::core {
namespace {

namespace json = boost::json;

using Attributes = std::map<std::string, std::string, std::less<>>;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

std::int64_t number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}

std::string written(const Attributes& attributes) {
  std::string out;
  JsonObject object(out);
  for (const auto& [name, value] : attributes) {
    std::string key;
    append_json(key, name);
    object.add(std::string_view(key).substr(1, key.size() - 2), value);
  }
  object.end();
  return out;
}

std::string written(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    append_json(out, text);
  }
  return out + "]";
}

/// Fingerprints as 16 hex digits each.
std::string written(const std::vector<std::uint64_t>& fingerprints) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint64_t each : fingerprints)
    for (int shift = 60; shift >= 0; shift -= 4) out += kDigits[each >> shift & 0xFU];
  return out;
}

std::vector<std::uint64_t> read_fingerprints(const std::string& text) {
  std::vector<std::uint64_t> out;
  for (std::size_t at = 0; at + 16 <= text.size(); at += 16)
    out.push_back(std::strtoull(text.substr(at, 16).c_str(), nullptr, 16));
  return out;
}

void read(const json::object& object, std::string_view name, Attributes& to) {
  const auto* value = object.if_contains(name);
  if (const auto* found = value ? value->if_object() : nullptr)
    for (const auto& [key, item] : *found)
      if (const auto* string = item.if_string()) to[std::string(key)] = std::string(string->data(), string->size());
}

void read(const json::object& object, std::string_view name, std::vector<std::string>& to) {
  const auto* value = object.if_contains(name);
  if (const auto* found = value ? value->if_array() : nullptr)
    for (const auto& item : *found)
      if (const auto* string = item.if_string()) to.emplace_back(string->data(), string->size());
}

}  // namespace

std::string_view name(PartState state) {
  static constexpr std::string_view kNames[] = {"queued",  "held",   "sending", "retry",
                                                "unknown", "parked", "asks",    "wants"};
  return kNames[static_cast<std::size_t>(state)];
}

PartState waiting_for(policy::Awaits what) {
  return what == policy::Awaits::approval  ? PartState::asks
         : what == policy::Awaits::consent ? PartState::wants
                                           : PartState::held;
}

ContactRow Contact::row() const {
  std::string doc;
  JsonObject object(doc);
  object.add("sender", sender).add_if("name", name).add_if("first_name", first_name).add_if("handle", handle);
  object.add_if("locale", locale);
  if (!attributes.empty()) object.raw("attributes", written(attributes));
  if (!consents.empty()) object.raw("consents", written(consents));
  if (!said.empty()) object.add("said", written(said));
  if (restricted) object.add("restricted", true);
  if (rectified) object.add("rectified", true);
  if (looked_up_at) object.add("looked_up_at", std::int64_t{looked_up_at});
  object.end();
  return {number, id, account, std::make_shared<const std::string>(std::move(doc))};
}

std::shared_ptr<Contact> Contact::from(const ContactRow& row) {
  auto contact = std::make_shared<Contact>();
  contact->number = row.number;
  contact->id = row.id;
  contact->account = row.account;
  if (!row.doc) return contact;  // its key is gone: an erased contact keeps only its pseudonym
  json::error_code code;
  const auto value = json::parse(*row.doc, code);
  if (const auto* object = code ? nullptr : value.if_object()) {
    contact->sender = text_of(*object, "sender");
    contact->name = text_of(*object, "name");
    contact->first_name = text_of(*object, "first_name");
    contact->handle = text_of(*object, "handle");
    contact->locale = text_of(*object, "locale");
    contact->looked_up_at = number_of(*object, "looked_up_at");
    contact->restricted = object->contains("restricted");
    contact->rectified = object->contains("rectified");
    read(*object, "attributes", contact->attributes);
    read(*object, "consents", contact->consents);
    contact->said = read_fingerprints(text_of(*object, "said"));
  }
  return contact;
}

OpenTurnRow Turn::row() const {
  std::string names;
  for (const auto name : only) names.append(names.empty() ? "" : ",").append(name);
  return {index, conversation->row.number, deadline, static_cast<std::int64_t>(stage), false, std::move(names)};
}

OutboxRow Part::row() const {
  return {key,  conversation->row.number, turn, message, static_cast<std::int64_t>(state), attempt, due, since, of,
          false};
}

Text Conversation::doc() const {
  std::string out;
  JsonObject object(out);
  object.add("thread", thread);
  if (!tags.empty()) object.raw("tags", written(tags));
  if (!attributes.empty()) object.raw("attributes", written(attributes));
  object.add_if("assigned", assigned);
  if (!private_replies.empty()) object.raw("private_replies", written(private_replies));
  if (!participants.empty()) {
    std::string list = "[";
    for (const std::int64_t number : participants)
      list.append(list.size() > 1 ? "," : "").append(std::to_string(number));
    object.raw("participants", list + "]");
  }
  if (priority) object.add("priority", priority);
  if (!states.empty()) {
    std::string inner;
    JsonObject map(inner);
    for (const auto& [handler, state] : states) map.raw(handler, state);
    map.end();
    object.raw("states", inner);
  }
  object.end();
  return std::make_shared<const std::string>(std::move(out));
}

void Conversation::read_doc(const std::string& doc) {
  json::error_code code;
  const auto value = json::parse(doc, code);
  const auto* object = code ? nullptr : value.if_object();
  if (!object) return;
  thread = text_of(*object, "thread");
  assigned = text_of(*object, "assigned");
  priority = number_of(*object, "priority");
  read(*object, "tags", tags);
  read(*object, "attributes", attributes);
  read(*object, "private_replies", private_replies);
  if (const auto* found = object->if_contains("participants"); found && found->is_array())
    for (const auto& number : found->get_array())
      if (number.is_int64()) participants.push_back(number.get_int64());
  if (const auto* found = object->if_contains("states"); found && found->is_object())
    for (const auto& [handler, state] : found->get_object()) states[std::string(handler)] = json::serialize(state);
}

bool Conversation::note_participant(const Contact& who, const Event& event) {
  if (!event.group || event.outgoing || event.sender.empty()) return false;
  row.flags |= kGroup;
  const auto at = std::find(participants.begin(), participants.end(), who.number);
  const bool known = at != participants.end();
  if (event.kind == Kind::member && event.change == "left") {
    if (known) participants.erase(at);
    return known;
  }
  if (known || (event.kind == Kind::member && event.change != "joined") || participants.size() >= kMostParticipants)
    return false;
  participants.push_back(who.number);
  return true;
}

std::string Conversation::context(const Turn& turn) const {
  std::string out;
  out.reserve(512);
  JsonObject object(out);
  object.add("event", turn.event_id.hex()).add("account", row.account).add("conversation", row.id.hex());
  object.add("contact", contact->id.hex()).add("received_at", rfc3339(turn.received));
  object.add("visibility", is_public() ? "public" : "private");
  // In a group it is the one who spoke that a handler speaks to.
  const std::string_view name = is_group() ? std::string_view(turn.event.sender_name) : contact->name;
  std::string_view first_name = is_group() ? std::string_view() : contact->first_name;
  if (first_name.empty()) first_name = name.substr(0, name.find(' '));
  object.add_if("name", name).add_if("first_name", first_name);
  if (is_group())
    object.add("group", true).add("participants", static_cast<std::int64_t>(participants.size()));
  else
    object.add_if("handle", contact->handle).add_if("locale", contact->locale);
  object.add("first", turn.first);
  if (!tags.empty()) object.raw("tags", written(tags));
  if (!attributes.empty()) object.raw("attributes", written(attributes));
  if (!contact->attributes.empty()) object.raw("contact_attributes", written(contact->attributes));
  object.add_if("assigned", assigned);
  object.add("closed", (row.flags & kClosed) != 0);
  if (row.last_user) object.add("last_inbound_at", rfc3339(row.last_user));
  if (row.last_bot) object.add("last_bot_at", rfc3339(row.last_bot));
  if (row.last_human) object.add("last_human_at", rfc3339(row.last_human));
  object.add("hops", hops);
  if (!turn.media.empty()) {
    std::string list;
    for (const auto& medium : turn.media) list.append(list.empty() ? "[" : ",").append(medium);
    object.raw("media", list + "]");
  }
  object.end();
  return out;
}

}  // namespace postern::core
