// SPDX-License-Identifier: Apache-2.0
#include "control/query_json.hpp"

#include <boost/json.hpp>

#include "core/conversation.hpp"
#include "ledger/format/leaf.hpp"

namespace postern::control {
namespace {

using core::JsonObject;

void add_time(JsonObject& object, std::string_view name, Micros time) {
  if (time > 0) object.add(name, rfc3339(time));
}

// How the contact is called. Without a document its key was erased.
void add_contact(JsonObject& object, const core::ContactRow& contact) {
  object.add("contact", contact.id.hex());
  if (!contact.doc) {
    object.add("erased", true);
    return;
  }
  boost::json::error_code error;
  const auto doc = boost::json::parse(*contact.doc, error);
  const auto* fields = error ? nullptr : doc.if_object();
  if (!fields) return;
  for (const char* name : {"name", "first_name", "handle", "locale"})
    if (const auto* value = fields->if_contains(name); value && value->is_string())
      object.add_if(name, {value->get_string().data(), value->get_string().size()});
}

}  // namespace

void add_conversation(JsonObject& object, const ledger::ListedConversation& listed, std::int64_t waiting) {
  const core::ConversationRow& row = listed.conversation;
  object.add("conversation", row.id.hex()).add("number", row.number).add("account", row.account);
  if (listed.contact) add_contact(object, *listed.contact);
  object.add("visibility", row.flags & core::Conversation::kPublic ? "public" : "private");
  if (row.flags & core::Conversation::kGroup) object.add("group", true);
  object.add("closed", (row.flags & core::Conversation::kClosed) != 0);
  object.add("answered", (row.flags & core::Conversation::kAnswered) != 0).add("waiting", waiting);
  add_time(object, "last_in", row.last_in);
  add_time(object, "last_user_action", row.last_user);
  add_time(object, "last_bot", row.last_bot);
  add_time(object, "last_human", row.last_human);
  object.add("last_record", row.last_record);
}

std::string participants_json(const std::vector<core::ContactRow>& people) {
  std::string list = "[";
  for (const auto& contact : people) {
    if (list.size() > 1) list += ',';
    JsonObject object(list);
    add_contact(object, contact);
    object.end();
  }
  return list + "]";
}

Result<std::string> record_json(const ledger::OpenedRecord& record) {
  const auto leaf = ledger::check_leaf(record.leaf, static_cast<std::uint64_t>(record.index));
  if (!leaf) return tl::unexpected(leaf.error());
  std::string out;
  JsonObject object(out);
  object.add("index", record.index).add("at", rfc3339(leaf->t)).add("type", leaf->k).add("outcome", leaf->o);
  object.add("actor", leaf->a);
  if (leaf->r) object.add("cause", *leaf->r);
  object.add_if("message", leaf->x).add_if("decision", leaf->d);
  if (leaf->q) object.add("count", *leaf->q);
  if (record.body)
    object.raw("body", *record.body);
  else if (!leaf->h.empty())
    object.add("erased", true);
  object.end();
  return out;
}

}  // namespace postern::control
