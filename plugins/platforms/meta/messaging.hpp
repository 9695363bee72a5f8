// SPDX-License-Identifier: Apache-2.0
// The items of `messaging` and `standby`: everything private that Messenger and Instagram report. The two send the
// same shapes, so one reader knows them all.
#pragma once
#include <postern/events.hpp>

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

#include "attachment.hpp"

namespace meta {

/// Reads one item, and is gone with it. Throws postern::BadInput if the item cannot be anybody's.
class Item {
 public:
  /// `account`: the page or Instagram account of the entry. `site`: see read_attachment().
  Item(std::string_view account, std::string_view site, postern::Node item, bool standby, postern::Events& events)
      : account_(account), site_(site), item_(item), standby_(standby), events_(events) {}

  void read() {
    find_parties();
    if (const auto message = item_["message"]; message.is_object()) return read_message(message);
    if (const auto edit = item_["message_edit"]; edit.is_object()) return read_edit(edit);
    if (const auto postback = item_["postback"]; postback.is_object()) return read_postback(postback);
    if (const auto reaction = item_["reaction"]; reaction.is_object()) return read_reaction(reaction);
    if (const auto read = item_["read"]; read.is_object()) return read_receipt("read", read);
    if (const auto delivery = item_["delivery"]; delivery.is_object()) return read_receipt("delivered", delivery);
    if (const auto optin = item_["optin"]; optin.is_object()) return read_optin(optin);
    if (const auto referral = item_["referral"]; referral.is_object()) return read_referral(referral);
    for (const auto name : {"pass_thread_control", "take_thread_control", "request_thread_control", "app_roles"})
      if (item_[name]) return read_notice("handover", name);
    if (item_["policy_enforcement"]) return read_notice("notice", "policy_enforcement");
    events_.unknown(account_, item_);
  }

 private:
  using Node = postern::Node;

  /// Who did it, and whose thread it is. Of what the account itself did the recipient names the thread.
  void find_parties() {
    sender_ = item_["sender"]["id"].id();
    contact_ = sender_;
    if (sender_ == account_ && !sender_.empty()) {
      outbound_ = true;
      contact_ = item_["recipient"]["id"].id();
    }
    if (!sender_.empty()) return;
    // The check-box plugin names a person by a reference of the site that shows it, until that person writes.
    std::string reference = item_["sender"]["user_ref"].id_if_any();
    if (reference.empty()) reference = item_["optin"]["user_ref"].id_if_any();
    if (!reference.empty()) sender_ = contact_ = "user_ref:" + reference;
  }

  void begin(std::string_view kind) {
    if (contact_.empty()) throw postern::BadInput("an item of messaging names no person");
    events_.add(kind).account_key(account_).thread(contact_).sender({.id = sender_}).sent_at(item_["timestamp"]);
    if (outbound_) events_.outbound();
    if (standby_) events_.field("standby", true);
  }

  /// What has no id is told apart by who, what and when.
  std::string key_of(std::string_view what) const {
    return std::string(what) + ":" + contact_ + ":" + item_["timestamp"].id_if_any();
  }
  void key(const std::string& mid, std::string_view what) {
    if (!mid.empty()) events_.key(mid + ":" + std::string(what)).platform_id(mid);
  }

  void read_message(Node message) {
    const std::string mid = message["mid"].id();
    if (message["is_deleted"].boolean()) {
      begin("unsend");
      return key(mid, "unsend");
    }
    const bool echo = message["is_echo"].boolean();
    begin(echo ? "echo" : "message");
    key(mid, echo ? "echo" : "message");
    if (echo)
      read_echo(message);
    else
      events_.user_action(!outbound_);
    read_content(message);
  }

  /// Without an app's id a person wrote in the platform's own inbox. The metadata of a message that Postern sent is its
  /// part's id; other apps' may be anything.
  void read_echo(Node message) {
    if (!outbound_) events_.outbound();
    const std::string app = message["app_id"].id_if_any();
    events_.from_app(!app.empty());
    if (!app.empty()) events_.extra("app_id", app);
    const std::string_view metadata = message["metadata"].text();
    if (postern::is_part(metadata))
      events_.part(metadata);
    else if (!metadata.empty())
      events_.extra("metadata", metadata);
  }

  void read_content(Node message) {
    events_.text(message["text"].text());
    events_.quick_reply(message["quick_reply"]["payload"].text());
    write_attachments(message["attachments"], site_, events_);
    const Node reply_to = message["reply_to"];
    if (const Node story = reply_to["story"]; story.is_object())
      events_.reply_to_story(story["id"].id_if_any(), story["url"].text());
    else
      events_.reply_to(reply_to["mid"].text());
    if (message["referral"].is_object()) write_referral(message["referral"]);
    if (message["is_unsupported"].boolean()) events_.extra("unsupported", true);
    keep_rest(message, {"mid", "text", "quick_reply", "attachments", "reply_to", "referral", "is_echo", "is_deleted",
                        "is_unsupported", "app_id", "metadata"});
  }

  void read_edit(Node edit) {
    const std::string mid = edit["mid"].id();
    begin("edit");
    key(mid, "edit:" + edit["num_edit"].id_if_any());
    events_.text(edit["text"].text());
    keep_rest(edit, {"mid", "text"});
  }

  void read_postback(Node postback) {
    const std::string mid = postback["mid"].id();
    begin("postback");
    key(mid, "message");  // as which a listing shows it
    if (mid.empty()) events_.key(key_of("postback"));
    events_.user_action(!outbound_);
    events_.postback(postback["payload"].text(), postback["title"].text());
    if (postback["referral"].is_object()) write_referral(postback["referral"]);
  }

  void read_reaction(Node reaction) {
    const std::string mid = reaction["mid"].id();
    const bool taken_back = reaction["action"].text() == "unreact";
    const std::string_view action = taken_back ? "unreact" : "react";
    begin("reaction");
    events_.key(mid + ":" + key_of(action)).platform_id(mid).user_action(false);
    events_.reaction(
        {.emoji = reaction["emoji"].text(), .name = reaction["reaction"].text(), .action = action, .platform_id = mid});
  }

  /// Messenger names a time up to which all is read or delivered, Instagram the message.
  void read_receipt(std::string_view type, Node receipt) {
    std::vector<std::string> mids;
    for (const Node mid : receipt["mids"]) mids.push_back(mid.id());
    if (receipt["mid"]) mids.push_back(receipt["mid"].id());
    std::string what = receipt["watermark"].id_if_any();
    if (what.empty() && !mids.empty()) what = mids.front();
    begin("receipt");
    if (!what.empty()) events_.key(std::string(type) + ":" + contact_ + ":" + what);
    events_.receipt(type, mids, postern::time_of(receipt["watermark"]).value_or(0));
  }

  void read_optin(Node optin) {
    // Copies of the documentation write the status with an underscore and with a space.
    const bool stop = optin["notification_messages_status"].text().starts_with("STOP");
    const std::string_view type = optin["type"].text("plugin");
    begin(stop ? "optout" : "optin");
    events_.key(key_of(stop ? "optout" : "optin")).user_action(false);
    events_.extra("reason", stop ? "stop_notifications" : type);
    keep_rest(optin, {"reason"});
  }

  void read_referral(Node referral) {
    begin("referral");
    events_.key(key_of("referral")).user_action(false);
    write_referral(referral);
  }
  void write_referral(Node referral) {
    const std::string ad = referral["ad_id"].id_if_any();
    events_.referral({.ref = referral["ref"].text(), .source = referral["source"].text(), .ad_id = ad});
    if (referral["ads_context_data"] || referral["product"]) events_.extra("referral", referral);
  }

  /// Who may speak in the thread has changed, or the platform has sanctioned the account.
  void read_notice(std::string_view kind, std::string_view name) {
    const Node details = item_[name];
    if (kind == "handover" && !contact_.empty())
      begin(kind);
    else
      events_.add("notice").account_key(account_).sent_at(item_["timestamp"]);
    events_.key(key_of(name)).extra("type", name);
    keep_rest(details, {"type"});
  }

  void keep_rest(Node object, std::initializer_list<std::string_view> known) {
    events_.rest(object, [known](std::string_view name) { return std::ranges::count(known, name) != 0; });
  }

  std::string_view account_, site_;
  Node item_;
  bool standby_;
  bool outbound_ = false;
  std::string sender_, contact_;
  postern::Events& events_;
};

}  // namespace meta
