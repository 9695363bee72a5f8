// SPDX-License-Identifier: Apache-2.0
// An update of the Bot API, as a webhook brings it or as one of those that a poll got, becomes events.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "media.hpp"
#include "thread.hpp"

namespace telegram {

/// The kinds of updates that Postern understands, all of which have to be asked for by name: Telegram leaves out
/// reactions and members' changes otherwise.
inline constexpr std::string_view kUpdates[] = {"message",
                                                "edited_message",
                                                "channel_post",
                                                "edited_channel_post",
                                                "business_connection",
                                                "business_message",
                                                "edited_business_message",
                                                "deleted_business_messages",
                                                "message_reaction",
                                                "callback_query",
                                                "my_chat_member",
                                                "chat_member",
                                                "chat_join_request"};

/// Known to the server, without a place in a conversation with a person: kept as notices.
inline constexpr std::string_view kNotices[] = {
    "channel_post",         "edited_channel_post", "business_connection", "inline_query",
    "chosen_inline_result", "shipping_query",      "pre_checkout_query",  "poll",
    "poll_answer",          "chat_boost",          "removed_chat_boost",  "message_reaction_count",
    "purchased_paid_media", "managed_bot",         "guest_message"};

/// Reads one update, and is gone with it. Throws postern::BadInput if it cannot be read.
class Update {
 public:
  Update(postern::Node update, postern::Events& events) : update_(update), events_(events) {
    if (update["update_id"]) key_ = "update:" + update["update_id"].id();
  }

  void read() {
    if (const Node it = update_["message"]; it.is_object()) return message(it);
    if (const Node it = update_["business_message"]; it.is_object()) return business_message(it);
    if (const Node it = update_["edited_message"]; it.is_object()) return edit(it);
    if (const Node it = update_["edited_business_message"]; it.is_object()) return edit(it);
    if (const Node it = update_["deleted_business_messages"]; it.is_object()) return deleted(it);
    if (const Node it = update_["callback_query"]; it.is_object()) return tap(it);
    if (const Node it = update_["message_reaction"]; it.is_object()) return reaction(it);
    if (const Node it = update_["my_chat_member"]; it.is_object()) return own_membership(it);
    if (const Node it = update_["chat_member"]; it.is_object()) return membership(it);
    if (const Node it = update_["chat_join_request"]; it.is_object()) return join_request(it);
    for (const auto kind : kNotices)
      if (update_[kind]) return notice(kind);
    events_.unknown({}, update_).key(key_);
  }

 private:
  using Node = postern::Node;

  static bool is_group(Node chat) { return chat["type"].text() == "group" || chat["type"].text() == "supergroup"; }

  static std::string full_name(Node who) {
    std::string name(who["first_name"].text(who["title"].text()));  // a chat can speak, too: it has a title
    if (const auto last = who["last_name"].text(); !last.empty()) name.append(" ").append(last);
    return name;
  }

  /// `which` tells several events of one update apart.
  postern::Events& begin(std::string_view kind, const std::string& thread, Node who, Node chat,
                         const std::string& which = {}) {
    if (thread.empty()) throw postern::BadInput("an update belongs to no chat");
    events_.add(kind).thread(thread).key(key_.empty() ? key_ : key_ + which);
    const std::string id = who["id"].id(), name = full_name(who);
    if (!id.empty()) events_.sender({.id = id, .name = name, .handle = who["username"].text()});
    if (const auto language = who["language_code"].text(); !language.empty()) events_.field("locale", language);
    if (is_group(chat)) events_.field("group", true);
    return events_;
  }

  /// Who wrote a message: a person, or a chat in whose name an administrator writes.
  static Node author(Node message) { return message["sender_chat"] ? message["sender_chat"] : message["from"]; }

  static bool carries_content(Node message) {
    for (const auto& member : message.json()->get_object())
      if (const std::string_view name(member.key().data(), member.key().size());
          name == "text" || name == "caption" || is_media(name))
        return true;
    return false;
  }

  void message(Node message) {
    const Node chat = message["chat"];
    if (message["migrate_to_chat_id"]) return moved(chat["id"].id(), message["migrate_to_chat_id"].id());
    if (message["migrate_from_chat_id"]) return moved(message["migrate_from_chat_id"].id(), chat["id"].id());
    for (const Node who : message["new_chat_members"]) member(message, who, "joined");
    if (message["left_chat_member"].is_object()) return member(message, message["left_chat_member"], "left");
    if (message["new_chat_members"].size() != 0) return;
    if (is_group(chat) && !carries_content(message)) return notice("message");  // a new title, a pinned message
    begin("message", thread_of(message), author(message), chat).user_action(true);
    content(message);
    // t.me/<bot>?start=<ref> opens the chat with these words.
    constexpr std::string_view kStart = "/start ";
    const std::string_view text = message["text"].text();
    if (text.starts_with(kStart)) events_.referral({.ref = text.substr(kStart.size()), .source = "start"});
  }

  /// In a business chat the account's owner and the bot write, too, and the chat is with the customer.
  void business_message(Node message) {
    const Node chat = message["chat"];
    if (message["from"]["id"].id() == chat["id"].id()) {
      begin("message", thread_of(message), message["from"], chat).user_action(true);
    } else {
      begin("echo", thread_of(message), message["from"], chat).outbound();
      events_.from_app(message["sender_business_bot"].is_object());
    }
    content(message);
  }

  void content(Node message) {
    events_.platform_id(message_key(message["chat"], message["message_id"])).sent_at(message["date"]);
    events_.text(message["text"].text(message["caption"].text()));
    if (const Node quoted = message["reply_to_message"]; quoted.is_object())
      events_.reply_to(message_key(message["chat"], quoted["message_id"]));
    write_media(message, events_);
    events_.rest(message, [](std::string_view name) { return std::ranges::count(kRead, name) != 0 || is_media(name); });
  }
  static constexpr std::string_view kRead[] = {"message_id",
                                               "from",
                                               "sender_chat",
                                               "chat",
                                               "date",
                                               "text",
                                               "caption",
                                               "message_thread_id",
                                               "is_topic_message",
                                               "reply_to_message",
                                               "business_connection_id",
                                               "sender_business_bot"};

  void edit(Node message) {
    const Node chat = message["chat"];
    const bool owner = message["business_connection_id"] && message["from"]["id"].id() != chat["id"].id();
    begin("edit", thread_of(message), author(message), chat).platform_id(message_key(chat, message["message_id"]));
    if (owner) events_.outbound();
    events_.sent_at(message["edit_date"] ? message["edit_date"] : message["date"]);
    events_.text(message["text"].text(message["caption"].text())).user_action(false);
    write_media(message, events_);
  }

  void deleted(Node deletion) {
    const Node chat = deletion["chat"];
    for (const Node id : deletion["message_ids"]) {
      begin("unsend", thread_of(deletion), {}, chat, ":" + id.id()).platform_id(message_key(chat, id));
    }
  }

  void tap(Node query) {
    const Node message = query["message"], chat = message["chat"];
    // A button of a message that was sent through inline mode has no chat: that with the person is the nearest.
    const std::string thread = chat ? thread_of(message) : query["from"]["id"].id();
    begin("postback", thread, query["from"], chat).user_action(true);
    events_.platform_id(std::string(kTap) + query["id"].id());
    if (chat) events_.reply_to(message_key(chat, message["message_id"]));
    events_.postback(query["data"].text(), title_of(message, query["data"].text()));
  }

  /// The words on the button, which the message still shows.
  static std::string_view title_of(Node message, std::string_view data) {
    for (const Node row : message["reply_markup"]["inline_keyboard"])
      for (const Node button : row)
        if (button["callback_data"].text() == data) return button["text"].text();
    return {};
  }

  /// The update tells which reactions a person had and has now: the difference is what happened.
  void reaction(Node change) {
    const Node before = change["old_reaction"], now = change["new_reaction"];
    for (const Node each : before)
      if (!holds(now, each)) one_reaction(change, each, "unreact");
    for (const Node each : now)
      if (!holds(before, each)) one_reaction(change, each, "react");
  }
  static bool holds(Node reactions, Node one) {
    for (const Node each : reactions)
      if (*each.json() == *one.json()) return true;
    return false;
  }
  void one_reaction(Node change, Node reaction, std::string_view action) {
    const Node chat = change["chat"], who = change["user"] ? change["user"] : change["actor_chat"];
    const std::string message = message_key(chat, change["message_id"]);
    const std::string_view emoji = reaction["emoji"].text();
    const std::string_view name = emoji.empty() ? reaction["custom_emoji_id"].text(reaction["type"].text()) : emoji;
    begin("reaction", chat["id"].id(), who, chat, ":" + std::string(action) + ":" + std::string(name));
    events_.platform_id(message).sent_at(change["date"]).user_action(false);
    events_.reaction({.emoji = emoji, .name = emoji.empty() ? name : "", .action = action, .platform_id = message});
  }

  /// What happened to the bot itself: in a private chat that is a block or its end.
  void own_membership(Node change) {
    const std::string_view status = change["new_chat_member"]["status"].text();
    if (change["chat"]["type"].text() != "private") return membership(change);
    const bool blocked = status == "kicked";
    begin(blocked ? "optout" : "optin", change["chat"]["id"].id(), change["from"], change["chat"]);
    events_.sent_at(change["date"]).user_action(false).extra("reason", blocked ? "blocked" : "unblocked");
  }

  /// A group's member has another status. Of the bot's own it is told who changed it.
  void membership(Node change) {
    const Node after = change["new_chat_member"], who = after["user"];
    const bool own = static_cast<bool>(update_["my_chat_member"]);
    const bool was = is_in(change["old_chat_member"]), is = is_in(after);
    begin("member", change["chat"]["id"].id(), own ? change["from"] : who, change["chat"]).sent_at(change["date"]);
    if (!own && was != is) events_.field("change", is ? "joined" : "left");
    if (!own) by(change["from"], who);
    events_.extra("own", own).extra("before", change["old_chat_member"]["status"]).extra("now", after["status"]);
  }
  static bool is_in(Node member) {
    const std::string_view status = member["status"].text();
    return status == "creator" || status == "administrator" || status == "member" ||
           (status == "restricted" && member["is_member"].boolean());
  }
  void by(Node whom, Node who) {
    if (const std::string id = whom["id"].id_if_any(); id != who["id"].id_if_any()) events_.extra("by", id);
  }

  /// The message in the chat that says so. Of several people each is an event.
  void member(Node message, Node who, std::string_view change) {
    begin("member", thread_of(message), who, message["chat"], ":" + who["id"].id()).sent_at(message["date"]);
    events_.platform_id(message_key(message["chat"], message["message_id"])).field("change", change);
    by(message["from"], who);
  }

  void join_request(Node request) {
    begin("member", request["chat"]["id"].id(), request["from"], request["chat"]).sent_at(request["date"]);
    events_.field("change", "asked").extra("user_chat_id", request["user_chat_id"]);
    events_.extra("bio", request["bio"]);
  }

  /// A group became a supergroup, under another id.
  void moved(const std::string& from, const std::string& to) {
    if (from.empty() || to.empty()) throw postern::BadInput("a group moves from or to nowhere");
    events_.add("moved").thread(from).key(key_).field("moved_to", to).field("group", true);
  }

  void notice(std::string_view kind) {
    events_.add("notice").key(key_).sent_at(update_[kind]["date"]).extra("type", kind).extra("raw", update_[kind]);
  }

  Node update_;
  postern::Events& events_;
  std::string key_;
};

/// One update; what cannot be read becomes an unknown event.
inline void decode_update(postern::Node update, postern::Events& events) {
  events.item({}, update, [&] { Update(update, events).read(); });
}

}  // namespace telegram
