// SPDX-License-Identifier: Apache-2.0
// The keys that Postern keeps for Telegram's chats and messages, made and taken apart.
//
//     thread         [<business connection>/]<chat>[:<topic>]        "-1001234:7", "biz42/6000000001"
//     platform_id    <chat>:<message>                                 a message's id is unique in its chat alone
//                    tap:<query>                                      a tap on a button is no message
#pragma once
#include <postern/json.hpp>

#include <string>
#include <string_view>

namespace telegram {

inline constexpr std::string_view kTap = "tap:";

struct Thread {
  std::string_view connection, chat, topic;
};

inline Thread parse_thread(std::string_view key) {
  Thread thread;
  if (const auto slash = key.find('/'); slash != key.npos) {
    thread.connection = key.substr(0, slash);
    key.remove_prefix(slash + 1);
  }
  const auto colon = key.find(':');
  thread.chat = key.substr(0, colon);
  if (colon != key.npos) thread.topic = key.substr(colon + 1);
  return thread;
}

/// The thread of a message. A plain group marks the answers to one message with a message_thread_id as well; only a
/// forum's topics and a private chat's are threads of their own.
inline std::string thread_of(postern::Node message) {
  const postern::Node chat = message["chat"];
  std::string key;
  if (const auto connection = message["business_connection_id"].text(); !connection.empty())
    key.append(connection).append("/");
  const std::string id = chat["id"].id();
  if (id.empty()) throw postern::BadInput("a message is in no chat");
  key += id;
  const bool topics =
      message["is_topic_message"].boolean() || chat["is_forum"].boolean() || chat["type"].text() == "private";
  if (topics && message["message_thread_id"]) key.append(":").append(message["message_thread_id"].id());
  return key;
}

inline std::string message_key(postern::Node chat, postern::Node message_id) {
  const std::string chat_id = chat["id"].id(), id = message_id.id();
  return id.empty() ? std::string() : chat_id + ":" + id;
}

/// The part of a platform_id that the Bot API takes.
inline std::string_view message_of(std::string_view platform_id) {
  return platform_id.substr(platform_id.rfind(':') + 1);
}

}  // namespace telegram
