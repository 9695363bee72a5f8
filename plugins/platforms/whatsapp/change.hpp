// SPDX-License-Identifier: Apache-2.0
// One change of a webhook: a field, and a value with messages, statuses, echoes, preferences or groups of one number.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "content.hpp"
#include "errors.hpp"
#include "recipient.hpp"

namespace whatsapp {

/// Reads one change, and is gone with it.
class Change {
 public:
  Change(postern::Node value, postern::Events& events)
      : account_(value["metadata"]["phone_number_id"].id_if_any()), value_(value), events_(events) {}

  /// False if there was nothing in it that concerns a number of ours.
  bool read() {
    const bool any = each("messages", &Change::message) | each("message_echoes", &Change::echo) |
                     each("statuses", &Change::status) | each("user_preferences", &Change::preference) |
                     each("groups", &Change::group) | each("errors", &Change::error);
    return any && !account_.empty();
  }

 private:
  using Node = postern::Node;

  /// Who a phone number or a user id is. With a username a person may have no number that we are told.
  struct Person {
    std::string id;  // the user id, if it is told: it stays when the number changes
    std::string phone;
    std::string_view name, handle;
  };

  /// Items of a list, each for itself: one that cannot be read costs the others nothing.
  bool each(std::string_view list, void (Change::*one)(Node)) {
    for (const Node item : value_[list]) events_.item(account_, item, [&] { (this->*one)(item); });
    return value_[list].is_array();
  }

  Person person(std::string phone, std::string user_id) const {
    if (user_id.empty() && is_user_id(phone)) user_id.swap(phone);
    Person who{std::move(user_id), std::move(phone), {}, {}};
    const Node contacts = value_["contacts"];
    const bool unnamed = who.id.empty() && who.phone.empty() && contacts.size() == 1;
    for (const Node contact : contacts) {
      const std::string_view wa_id = contact["wa_id"].text(), its_id = contact["user_id"].text();
      const bool same = (!wa_id.empty() && wa_id == who.phone) || (!its_id.empty() && its_id == who.id);
      if (!same && !unnamed) continue;
      if (who.id.empty()) who.id = its_id;
      if (who.phone.empty() && !is_user_id(wa_id)) who.phone = wa_id;
      who.name = contact["profile"]["name"].text();
      who.handle = contact["profile"]["username"].text();
      break;
    }
    if (who.id.empty()) who.id = who.phone;
    return who;
  }
  Person sender_of(Node item) const { return person(item["from"].id_if_any(), item["from_user_id"].id_if_any()); }

  /// `of`: whose conversation it is, if it is no group's.
  postern::Events& begin(std::string_view kind, Node item, const Person& of) {
    if (const std::string group = item["group_id"].id_if_any(); !group.empty()) return begin_group(kind, group, item);
    if (of.id.empty()) throw postern::BadInput("it names no person");
    return events_.add(kind).account_key(account_).thread(of.id).sent_at(item["timestamp"]);
  }
  postern::Events& begin_group(std::string_view kind, const std::string& group, Node item) {
    if (group.empty()) throw postern::BadInput("it names no group");
    events_.add(kind).account_key(account_).thread(group_thread(group)).field("group", true);
    return events_.sent_at(item["timestamp"]);
  }
  void from(const Person& who) {
    events_.sender({.id = who.id, .name = who.name, .handle = who.handle});
    if (!who.phone.empty() && who.phone != who.id) events_.extra("phone", who.phone);
  }
  void name(Node item, std::string_view kind) {
    const std::string id = item["id"].id();
    if (!id.empty()) events_.key(id + ":" + std::string(kind));
    const Node changed = item[item["type"].text()]["original_message_id"];
    events_.platform_id(changed ? changed.text() : id);
  }

  void message(Node item) {
    const std::string_view type = item["type"].text();
    if (type == "system") return system(item);
    if (type == "reaction") return reaction(item);
    const Person who = sender_of(item);
    const std::string_view kind = kind_of(type, "message");
    begin(kind, item, who);
    from(who);
    name(item, kind);
    events_.user_action(kind == "message");
    content(item, type);
  }

  /// An edit and a revocation name the message that they change.
  static std::string_view kind_of(std::string_view type, std::string_view otherwise) {
    return type == "edit" ? "edit" : type == "revoke" ? "unsend" : otherwise;
  }
  void content(Node item, std::string_view type) {
    if (type == "revoke") return;
    const Node message = type == "edit" ? item["edit"]["message"] : item;
    write_content(message, events_);
    write_context(message, events_);
    if (item["errors"]) events_.extra("errors", item["errors"]);
    events_.rest(item, [type](std::string_view member) { return member == type || std::ranges::count(kRead, member); });
  }
  static constexpr std::string_view kRead[] = {"from", "from_user_id", "to",       "to_user_id", "id",    "timestamp",
                                               "type", "context",      "referral", "group_id",   "errors"};

  void reaction(Node item) {
    const Node reaction = item["reaction"];
    const std::string_view emoji = reaction["emoji"].text();
    const std::string message = reaction["message_id"].id();
    const Person who = sender_of(item);
    begin("reaction", item, who).key(item["id"].id() + ":reaction").platform_id(message).user_action(false);
    from(who);
    events_.reaction({.emoji = emoji, .action = emoji.empty() ? "unreact" : "react", .platform_id = message});
  }

  /// A person has another number, and with it another user id, or only another user id. Other news of the system
  /// (a new device) are notices.
  void system(Node item) {
    const Node news = item["system"];
    const std::string_view type = news["type"].text();
    const Person now = person(std::string(news["wa_id"].text(news["new_wa_id"].text())), news["user_id"].id_if_any());
    Person before = sender_of(item);
    if (const auto previous = news["previous_user_id"].text(); !previous.empty()) before.id = previous;
    const bool moved = type.starts_with("user_changed_") && !now.id.empty() && now.id != before.id;
    begin(moved ? "moved" : "notice", item, before).user_action(false);
    if (moved) events_.field("moved_to", now.id);
    name(item, moved ? "moved" : "notice");
    events_.extra("type", type).extra("raw", news);
  }

  /// A person of the brand has written in the WhatsApp Business app, with the same number.
  void echo(Node item) {
    const std::string_view type = item["type"].text(), kind = kind_of(type, "echo");
    begin(kind, item, person(item["to"].id_if_any(), item["to_user_id"].id_if_any()));
    events_.sender({.id = account_}).outbound();
    name(item, kind);
    if (kind == "echo") events_.from_app(false);
    content(item, type);
  }

  /// What became of a message that was accepted. They come out of order, and `delivered` not at all if the chat is
  /// open.
  void status(Node item) {
    static constexpr std::string_view kReceipts[] = {"sent", "delivered", "read", "failed"};
    const std::string id = item["id"].id(), told(item["status"].text()), word = told == "played" ? "read" : told;
    const std::string reader = item["recipient_participant_id"].id_if_any();  // of a group
    const bool receipt = std::ranges::count(kReceipts, word) != 0;
    if (item["recipient_type"].text() == "group")
      begin_group(receipt ? "receipt" : "notice", item["recipient_id"].id(), item);
    else
      begin(receipt ? "receipt" : "notice", item,
            person(item["recipient_id"].id_if_any(), item["recipient_user_id"].id_if_any()));
    events_.key(id + ":" + told + (reader.empty() ? "" : ":" + reader)).platform_id(id).user_action(false);
    if (!receipt) {
      events_.extra("type", "status").extra("raw", item);
      return;
    }
    events_.receipt(word, {&id, 1});
    if (const auto part = item["biz_opaque_callback_data"].text(); postern::is_part(part)) events_.part(part);
    if (word == "failed") write_failure(item["errors"].at(0));
    for (const auto member : {"conversation", "pricing"})
      if (item[member]) events_.extra(member, item[member]);
  }
  void write_failure(Node error) {
    const std::int64_t code = error["code"].integer();
    const meta::GraphError* row = error["code"] ? find_error(code, 0) : nullptr;
    const bool known = row && row->verdict != Verdict::unclear;
    const std::string_view told = error["error_data"]["details"].text(error["title"].text("no reason was given"));
    events_.failure({.kind = known ? row->kind : "invalid",
                     .code = error["code"] ? std::to_string(code) : std::string(),
                     .text = known ? row->text : told});
  }

  /// Marketing alone: a person who has stopped it may be written to about what they asked.
  void preference(Node item) {
    const bool stop = item["value"].text() == "stop";
    const std::string_view kind = stop ? "optout" : "optin", category = item["category"].text();
    const Person who = person(item["wa_id"].id_if_any(), item["user_id"].id_if_any());
    begin(kind, item, who).user_action(false);
    from(who);
    std::string key = "preference:" + who.id;
    for (const std::string_view part : {category, kind}) key.append(":").append(part);
    events_.key(key + ":" + item["timestamp"].id_if_any());
    events_.extra("reason", category).extra("detail", item["detail"]);
  }

  /// News of a group: who came, who left, who asks; anything else is a notice.
  void group(Node item) {
    const std::string group = item["group_id"].id_if_any();
    const std::string_view type = item["type"].text();
    if (group.empty()) return notice(item, type);  // one that could not be made
    const bool asks = type == "group_join_request_created";
    for (const Node who : item["added_participants"]) member(item, group, "joined", who);
    for (const Node who : item["removed_participants"]) member(item, group, "left", who);
    if (asks) member(item, group, "asked", item);
    if (asks || item["added_participants"].size() + item["removed_participants"].size() != 0) return;
    begin_group("notice", group, item).key(key_of(item, group, type)).extra("type", type).extra("raw", item);
  }
  static std::string key_of(Node item, const std::string& group, std::string_view what) {
    return group + ":" + std::string(what) + ":" + item["timestamp"].id_if_any();
  }
  void member(Node item, const std::string& group, std::string_view change, Node participant) {
    const Person who = person(participant["wa_id"].id_if_any(), participant["user_id"].id_if_any());
    if (who.id.empty()) return;
    begin_group("member", group, item).key(key_of(item, group, change) + ":" + who.id).user_action(false);
    events_.field("change", change);
    from(who);
    for (const auto name : {"reason", "join_request_id"})
      if (item[name]) events_.extra(name, item[name]);
  }

  void error(Node item) { notice(item, "error"); }
  void notice(Node item, std::string_view type) {
    events_.add("notice").account_key(account_).sent_at(item["timestamp"]).extra("type", type).extra("raw", item);
  }

  const std::string account_;
  Node value_;
  postern::Events& events_;
};

}  // namespace whatsapp
