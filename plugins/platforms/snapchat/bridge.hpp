// SPDX-License-Identifier: Apache-2.0
// The bridge: Snapchat has no API by which a brand gets its messages, so a tool of the operator's posts them here. The
// contract is ours; docs/platforms/snapchat.md says it in full.
//
//     {"id": "<uuid>", "conversation_id": "<uuid>", "from": {"id": "…", "username": "rita", "profile_id": "<uuid>"},
//      "to": "<profile>", "sent_at": "…", "type": "text", "text": "…", "media_url": "…", "media_type": "image",
//      "saved": false, "expires_at": "…", "view_once": false}
#pragma once
#include <postern/platform.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace snapchat {

using postern::Node;

/// Before the profile of a creator, who can be answered by Snap's own API; other threads are the bridge's
/// conversations.
inline constexpr std::string_view kCreator = "creator:";

/// What is not saved in the chat goes away after a day at the latest.
inline constexpr postern::Timestamp kLifetime = 24LL * 3600 * 1'000'000;

class Message {
 public:
  Message(Node item, postern::Timestamp now, postern::Events& events) : item_(item), now_(now), events_(events) {}

  /// Throws BadInput at a type that the contract does not have.
  void read() {
    const std::string_view type = item_["type"].text();
    const bool by_brand = type == "reply";  // a colleague has answered in the app
    if (!by_brand && type != "text" && type != "snap" && type != "story_reply")
      throw postern::BadInput("a type that is not in the bridge's contract");
    const std::string id = item_["id"].id(), thread = thread_key(), account(item_["to"].text());
    if (id.empty() || thread.empty()) throw postern::BadInput("a message without id or conversation");
    events_.add(by_brand ? "echo" : "message").account_key(account).thread(thread);
    events_.sender({.id = by_brand ? account : item_["from"]["id"].id_if_any(),
                    .handle = by_brand ? std::string_view() : item_["from"]["username"].text()});
    events_.key(id + ":message").platform_id(id).sent_at(item_["sent_at"]);
    if (by_brand)
      events_.outbound().from_app(false);
    else
      events_.user_action(true);
    content(type);
  }

 private:
  std::string thread_key() const {
    const std::string profile = item_["from"]["profile_id"].id_if_any();
    return profile.empty() ? item_["conversation_id"].id_if_any() : std::string(kCreator) + profile;
  }

  /// What has expired is not taken, and of what the person has not saved in the chat no media: neither may be kept.
  /// What may be seen once expires as it comes: the broker erases it when its handlers have seen it.
  void content(std::string_view type) {
    const bool saved = item_["saved"].boolean();
    if (!saved) {
      const postern::Timestamp expires = postern::time_of(item_["expires_at"]).value_or(now_ + kLifetime);
      const bool once = item_["view_once"].boolean();
      events_.field("ephemeral", true).field("expires_at", postern::time_text(once ? std::min(expires, now_) : expires));
      if (once) events_.extra("view_once", true);
      if (expires <= now_) return void(events_.extra("expired", true));
    }
    events_.text(item_["text"].text());
    if (type == "story_reply") events_.reply_to_story(item_["story_id"].id_if_any(), {});
    if (type != "snap" && !item_["media_url"]) return;
    const bool video = item_["media_type"].text() == "video";
    events_.attach({.type = video ? "video" : "image", .url = saved ? item_["media_url"].text() : std::string_view()});
    if (!saved) events_.extra("media_withheld", true);
  }

  Node item_;
  postern::Timestamp now_;
  postern::Events& events_;
};

}  // namespace snapchat
