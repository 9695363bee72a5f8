// SPDX-License-Identifier: Apache-2.0
// The envelopes of webhooks: X Activity, one event in {"data": …}, and the older Account Activity, lists by name.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "post.hpp"

namespace x {

/// Somebody types, or has read up to a message.
inline void read_signal(const Reader& reader, std::string_view kind, postern::Node item, const std::string& key,
                        postern::Events& events) {
  const std::string sender = item["sender_id"].id(), last = item["last_read_event_id"].id();
  reader.begin(kind, pair_thread(sender, item["target"]["recipient_id"].id()), sender, key, events);
  events.sent_at(item["created_timestamp"]).user_action(false);
  if (kind != "receipt") return;
  const auto time = postern::time_of(item["created_timestamp"]);
  const std::string ids[] = {last};
  events.receipt("read", last.empty() ? std::span<const std::string>() : ids, time.value_or(0));
}

/// Who follows may be written to, and who blocks may not; what the account itself does is told, too.
inline void read_relation(const Reader& reader, std::string_view type, postern::Node item, const std::string& key,
                          postern::Events& events) {
  const postern::Node source = unwrapped(item["source"]), target = unwrapped(item["target"]);
  const std::string who = source["id"].id(), whom = target["id"].id();
  const bool own = who == reader.account, follow = type == "follow" || type == "unfollow";
  const auto kind = follow                                          ? "follow"
                    : own || (type != "block" && type != "unblock") ? "notice"
                    : type == "block"                               ? "optout"
                                                                    : "optin";
  events.add(kind).account_key(reader.account).thread(pair_thread(who, whom)).key(key);
  write_sender(who, source, events);
  if (own) events.outbound();
  events.sent_at(item["created_timestamp"]).user_action(type == "follow" && !own);
  if (type == "unfollow") events.field("undone", true);
  events.extra(std::string_view(kind).starts_with("opt") ? "reason" : "change", type);
}

/// X Activity: one event.
class Activity {
 public:
  Activity(postern::Node data, std::string_view app, postern::Events& events)
      : data_(data),
        payload_(data["payload"]),
        type_(data["event_type"].text()),
        uuid_(data["event_uuid"].id()),
        events_(events) {
    reader_.account = (data["filter"]["user_id"] ? data["filter"]["user_id"] : payload_["user_id"]).id();
    reader_.app = app;
    reader_.users = payload_["users"] ? payload_["users"] : includes()["users"];
  }
  const std::string& account() const { return reader_.account; }

  void read() {
    if (type_ == "dm.received" || type_ == "dm.sent")
      return each("direct_message_events", [&](Node item) { read_message(reader_, item, events_); });
    if (type_ == "dm.read")
      return each("direct_message_mark_read_events",
                  [&](Node item) { read_signal(reader_, "receipt", item, uuid_, events_); });
    if (type_ == "dm.indicate_typing")
      return each("direct_message_indicate_typing_events",
                  [&](Node item) { read_signal(reader_, "typing", item, uuid_, events_); });
    if (type_ == "chat.received" || type_ == "chat.sent") return read_encrypted(reader_, uuid_, payload_, events_);
    if (type_ == "post.delete")
      return write_deletion(reader_, payload_["id"].id(), payload_["author_id"].id(), {}, events_);
    if (type_.starts_with("post.") && type_.ends_with("create"))
      return write_post(reader_, read_v2(payload_, reader_.users), payload_, events_);
    for (const std::string_view group : {"follow.", "block.", "mute."})
      if (type_.starts_with(group)) return read_relation(reader_, type_.substr(group.size()), payload_, uuid_, events_);
    if (type_.empty() || !data_["payload"]) throw postern::BadInput("an activity without a type or a payload");
    // oauth.revoke (the account's owner has withdrawn consent), likes, changes of the profile, Spaces …
    events_.add("notice").account_key(account()).key(uuid_).sent_at(payload_["date_time"]);
    events_.extra("type", type_).extra("raw", payload_);
  }

 private:
  using Node = postern::Node;

  Node includes() const { return payload_["includes"] ? payload_["includes"] : data_["includes"]; }

  /// The items of a list in the payload, or the payload itself where it is one.
  template <typename Read>
  void each(std::string_view list, Read&& read) {
    if (!payload_[list].is_array()) return read(payload_);
    for (const Node item : payload_[list]) events_.item(account(), item, [&] { read(item); });
  }

  Node data_, payload_;
  std::string_view type_;
  std::string uuid_;
  postern::Events& events_;
  Reader reader_;
};

/// Account Activity: any number of lists. It has no id for what is no message, so the key is made of what it says.
inline void read_account_activity(postern::Node body, std::string_view app, postern::Events& events) {
  using postern::Node;
  const Reader reader{body["for_user_id"].id(), app, body["users"]};
  const auto each = [&](std::string_view list, auto&& read) {
    for (const Node item : body[list]) events.item(reader.account, item, [&] { read(item); });
  };
  const auto key = [](std::string_view kind, Node item) {
    return std::string(kind) + ":" + unwrapped(item["source"])["id"].id_if_any() + item["sender_id"].id_if_any() + ":" +
           item["created_timestamp"].id_if_any();
  };
  each("direct_message_events", [&](Node item) { read_message(reader, item, events); });
  each("direct_message_indicate_typing_events",
       [&](Node item) { read_signal(reader, "typing", item, key("typing", item), events); });
  each("direct_message_mark_read_events",
       [&](Node item) { read_signal(reader, "receipt", item, key("read", item), events); });
  each("tweet_create_events", [&](Node item) {
    write_post(reader, read_tweet(item), item, events);
    if (body["user_has_blocked"].boolean()) events.extra("user_has_blocked", true);
  });
  each("tweet_delete_events", [&](Node item) {
    const Node gone = item["status"];
    write_deletion(reader, gone["id"].id(), gone["user_id"].id(), item["timestamp_ms"], events);
  });
  for (const std::string_view list : {"follow_events", "block_events", "mute_events"})
    each(list, [&](Node item) {
      const auto type = item["type"].text();
      read_relation(reader, type, item, key(type, item), events);
    });
  static constexpr std::string_view kRead[] = {"for_user_id",
                                               "users",
                                               "apps",
                                               "user_has_blocked",
                                               "direct_message_events",
                                               "direct_message_indicate_typing_events",
                                               "direct_message_mark_read_events",
                                               "tweet_create_events",
                                               "tweet_delete_events",
                                               "follow_events",
                                               "block_events",
                                               "mute_events"};
  for (const auto& member : body.json()->get_object())
    if (const std::string_view name(member.key().data(), member.key().size()); std::ranges::count(kRead, name) == 0)
      events.add("notice").account_key(reader.account).extra("type", name).extra("raw", Node(member.value()));
}

/// The owner has taken the App's leave away, in the older shape.
inline void read_revocation(postern::Node revoke, postern::Events& events) {
  events.add("notice").account_key(revoke["source"]["user_id"].id()).sent_at(revoke["date_time"]);
  events.extra("type", "oauth.revoke").extra("raw", revoke);
}

/// A webhook's whole body. X says one event for each; a list of them costs nothing to read.
inline void decode(postern::Node body, std::string_view app, postern::Events& events) {
  using postern::Node;
  const auto activity = [&](Node data) {
    events.item(data["filter"]["user_id"].id_if_any(), data, [&] { Activity(data, app, events).read(); });
  };
  if (body["for_user_id"]) return read_account_activity(body, app, events);
  if (const Node revoke = body["user_event"]["revoke"]; revoke.is_object()) return read_revocation(revoke, events);
  if (body["data"].is_object()) return activity(body["data"]);
  if (!body["data"].is_array()) return void(events.unknown({}, body));
  for (const Node data : body["data"]) activity(data);
}

}  // namespace x
