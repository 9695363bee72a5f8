// SPDX-License-Identifier: Apache-2.0
// A private message. Webhooks and listings show the same one with other spellings: `type` "text" here, `message_type`
// "TEXT" there. Both get the same key, so that a message which is found twice is taken once.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace tiktok {

/// Members of a message that are read below; the others go on as they came.
inline constexpr std::string_view kRead[] = {"from",
                                             "to",
                                             "sender",
                                             "recipient",
                                             "from_user",
                                             "to_user",
                                             "conversation_id",
                                             "message_id",
                                             "timestamp",
                                             "type",
                                             "message_type",
                                             "unique_identifier",
                                             "referenced_message_info",
                                             "reply_source_payload",
                                             "text",
                                             "image",
                                             "video",
                                             "sticker",
                                             "emoji",
                                             "share_post",
                                             "template",
                                             "reaction"};

/// Reads one message, and is gone with it. Throws postern::BadInput if it belongs to no conversation.
class Message {
 public:
  Message(std::string_view account, postern::Node message, postern::Events& events)
      : account_(account), message_(message), events_(events) {
    type_ = message["type"].text(message["message_type"].text());
    std::ranges::transform(type_, type_.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  }

  /// `sent`: by the business, from wherever.
  void read(bool sent) {
    if (type_ == "reaction") return reactions();
    const postern::Node tapped = message_["reply_source_payload"];
    const std::string button = tapped["reply_source_unique_id"].id_if_any();
    const bool tap = !sent && !button.empty();
    begin(sent ? "echo" : tap ? "postback" : "message");
    const std::string id = message_["message_id"].id();
    if (!id.empty()) events_.key(id + (sent ? ":sent" : ":received"));
    events_.platform_id(id);
    if (sent)
      echo();
    else
      events_.user_action(true);
    if (tap) {
      events_.postback(button, message_["text"]["body"].text());
      events_.reply_to(tapped["reply_source_msg_id"].id_if_any());
    } else {
      content();
      events_.reply_to(message_["referenced_message_info"]["referenced_message_id"].id_if_any());
    }
    events_.rest(message_, [](std::string_view name) { return std::ranges::count(kRead, name) != 0; });
  }

  /// Did the business write it?
  bool is_own() const { return message_["from_user"]["id"].id_if_any() == account_; }
  /// Was it written with the API, or by TikTok's own automation? Else a colleague did, in the app or on the web.
  bool by_machine() const {
    const std::string_view source = message_["message_tag"]["source"].text("API");
    return source == "API" || message_["auto_message_type"];
  }

 private:
  using Node = postern::Node;

  /// The business's own name for a person is not told by all: `unique_identifier` need not follow the direction.
  void begin(std::string_view kind) {
    const std::string thread = message_["conversation_id"].id(), sender = message_["from_user"]["id"].id_if_any();
    if (thread.empty()) throw postern::BadInput("a message is in no conversation");
    events_.add(kind).account_key(account_).thread(thread).sent_at(message_["timestamp"]);
    if (!sender.empty()) events_.sender({.id = sender, .handle = message_["from"].text(message_["sender"].text())});
  }

  void echo() { events_.outbound().from_app(by_machine()); }

  void content() {
    const Node it = message_[type_];
    if (type_ == "text") {
      events_.text(it["body"].text());
    } else if (type_ == "image" || type_ == "video") {
      const std::string id = it["media_id"].id_if_any();
      const postern::Json extra = {{"message_id", message_["message_id"].id()}};  // without it the file is not found
      events_.attach({.type = type_, .id = id, .extra = extra});
    } else if (type_ == "sticker" || type_ == "emoji") {
      const postern::Json extra = {{"kind", type_}};
      events_.attach({.type = "sticker", .url = it["url"].text(), .extra = extra});
    } else if (type_ == "share_post") {
      const std::string id = it["video_id"].id_if_any();
      events_.attach({.type = "share", .url = it["embed_url"].text(), .id = id});
    } else if (type_ == "template") {
      const Node element = it["elements"].at(0);
      events_.text(it["title"].text(element["title"].text())).extra("template", it);
    } else {  // invented since, or one of those that the API shows as OTHER
      events_.extra("unsupported", true).extra("type", type_);
    }
  }

  /// Each entry is an event of its own, with a time and a person of its own.
  void reactions() {
    for (const Node each : message_["reaction"]) events_.item(account_, each, [&] { reaction(each); });
  }
  void reaction(Node entry) {
    const std::string target = entry["original_msg_id"].id(), thread = message_["conversation_id"].id();
    const std::string who = entry["unique_identifier"].id_if_any(), time = entry["timestamp"].id_if_any();
    if (target.empty() || thread.empty()) throw postern::BadInput("a reaction to nothing");
    const bool taken_back = entry["operation"].text() == "REMOVE";
    const std::string_view action = taken_back ? "unreact" : "react", emoji = entry["emoji"].text();
    events_.add("reaction").account_key(account_).thread(thread).platform_id(target).user_action(false);
    events_.key(target + ":" + who + ":" + std::string(action) + ":" + time).sent_at(entry["timestamp"]);
    if (!who.empty()) events_.sender({.id = who});
    if (who == account_) events_.outbound();
    events_.reaction(
        {.emoji = emoji, .name = emoji.empty() ? "ai_emoji" : "", .action = action, .platform_id = target});
    if (entry["ai_emoji_url"]) events_.extra("ai_emoji_url", entry["ai_emoji_url"]);
  }

  std::string_view account_;
  Node message_;
  postern::Events& events_;
  std::string type_;
};

}  // namespace tiktok
