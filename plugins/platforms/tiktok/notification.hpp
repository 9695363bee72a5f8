// SPDX-License-Identifier: Apache-2.0
// One notification of a webhook becomes events. What happened stands in it as JSON within a JSON string.
#pragma once
#include <postern/comment.hpp>
#include <postern/events.hpp>

#include <algorithm>
#include <string>
#include <string_view>

#include "message.hpp"

namespace tiktok {

/// Reads one notification, and is gone with it. Throws postern::BadInput if it cannot be read.
class Notification {
 public:
  Notification(postern::Node envelope, postern::Events& events)
      : account_(envelope["user_openid"].text()),
        name_(envelope["event"].text()),
        envelope_(envelope),
        document_(open(envelope["content"])),
        events_(events) {}

  void read() {
    if (name_ == "im_receive_msg" || name_ == "im_send_msg")
      return Message(account_, content(), events_).read(name_ == "im_send_msg");
    if (name_ == "im_mark_read_msg") return receipt();
    if (name_ == "im_referral_msg") return referral();
    if (name_ == "im_receive_high_intent_comment") return high_intent_comment();
    if (name_ == "comment.update") return comment();
    if (name_ == "brand.mention.event" || name_.starts_with("brand_mention.")) return mention();
    if (std::ranges::count(kNotices, name_) != 0) return notice();
    events_.unknown(account_, envelope_);
  }

 private:
  using Node = postern::Node;

  /// Of people in the EEA, Switzerland and the United Kingdom TikTok tells that a message came, and nothing more.
  static constexpr std::string_view kNotices[] = {"im_receive_msg_eu", "im_auto_message_config_update",
                                                  "im_auto_message_audit_update"};

  static postern::Json open(Node content) {
    if (content.is_string()) return postern::parse_json(content.text());
    return content ? *content.json() : postern::Json();
  }
  Node content() const { return Node(document_); }

  postern::Events& begin(std::string_view kind) {
    const std::string thread = content()["conversation_id"].id(), sender = content()["from_user"]["id"].id_if_any();
    if (thread.empty()) throw postern::BadInput("a notification is about no conversation");
    events_.add(kind).account_key(account_).thread(thread).user_action(false).sent_at(content()["timestamp"]);
    if (!sender.empty()) events_.sender({.id = sender, .handle = content()["from"].text()});
    if (sender == account_) events_.outbound();
    return events_;
  }
  std::string key_of(std::string_view what, Node time) const {
    const std::string thread = content()["conversation_id"].id(), who = content()["from_user"]["id"].id_if_any();
    return std::string(what) + ":" + thread + ":" + who + ":" + time.id_if_any();
  }

  /// Read is all up to a time.
  void receipt() {
    const Node until = content()["read"]["last_read_timestamp"];
    begin("receipt").key(key_of("read", until)).receipt("read", {}, postern::time_of(until).value_or(0));
  }

  /// An ad or a link has led somebody here; that person may not have written yet.
  void referral() {
    const Node referral = content()["referral"], link = referral["short_link"], ad = referral["ad"];
    const std::string ad_id = ad["ad_id"].id_if_any();
    begin("referral").key(key_of("referral", content()["timestamp"]));
    events_.referral({.ref = link["ref"].text(), .source = referral["source"].text(), .ad_id = ad_id});
    events_.extra("referral", referral);
  }

  void comment() {
    const std::string_view action = content()["comment_action"].text();
    postern::PublicComment comment = common_comment();
    comment.verb = action == "insert"          ? "add"
                   : action == "delete"        ? "remove"
                   : action == "set_to_public" ? "unhide"
                                               : "hide";
    comment.text = content()["text"].text();
    comment.revision = content()["timestamp"].id_if_any();
    if (content()["comment_type"].text() == "reply") comment.parent_id = content()["parent_comment_id"].id_if_any();
    postern::write_comment(account_, comment, events_);
    if (comment.verb == "hide") events_.extra("action", action);
  }

  /// TikTok has chosen this comment as one that may be answered in private. It does not say below which video.
  void high_intent_comment() {
    postern::PublicComment comment = common_comment();
    comment.text = content()["comment_text"].text();
    comment.handle = content()["from"].text();
    comment.revision = "high_intent";
    postern::write_comment(account_, comment, events_);
    events_.extra("high_intent", true).extra("is_follower", content()["is_follower"].boolean());
  }

  postern::PublicComment common_comment() const {
    postern::PublicComment comment;
    comment.id = content()["comment_id"].id();
    comment.post_id = content()["video_id"].id_if_any();
    comment.author = content()["unique_identifier"].id_if_any();
    if (comment.author.empty()) comment.author = content()["from_user"]["id"].id_if_any();
    comment.time = content()["timestamp"] ? content()["timestamp"] : envelope_["create_time"];
    return comment;
  }

  /// Somebody names the business below or in a video of theirs. What is told besides differs between sources.
  void mention() {
    const std::string video = content()["video_id"].id_if_any(), author = content()["unique_identifier"].id_if_any();
    std::string target = content()["comment_id"].id_if_any();
    if (target.empty()) target = video;
    if (target.empty()) throw postern::BadInput("a mention in nothing");
    events_.add("mention").account_key(account_).is_public();
    events_.thread(postern::comment_thread("mention", video, author, target));
    if (!author.empty()) events_.sender({.id = author});
    events_.key(target + ":mention").platform_id(target).user_action(false).text(content()["text"].text());
    events_.sent_at(content()["timestamp"] ? content()["timestamp"] : envelope_["create_time"]);
    events_.extra("type", name_).extra("raw", content());
  }

  /// What concerns the account, or a person whom TikTok does not name.
  void notice() {
    const Node time = content()["timestamp"] ? content()["timestamp"] : envelope_["create_time"];
    events_.add("notice").account_key(account_).sent_at(time).key(std::string(name_) + ":" + time.id_if_any());
    events_.extra("type", name_).extra("raw", content());
  }

  std::string_view account_, name_;
  Node envelope_;
  postern::Json document_;
  postern::Events& events_;
};

}  // namespace tiktok
