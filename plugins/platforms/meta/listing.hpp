// SPDX-License-Identifier: Apache-2.0
// What was said lately, asked for instead of told: conversations that have changed, newest first, each with its newest
// messages. Meta shows 20 of a conversation, and of Instagram's requests none that is older than 30 days.
#pragma once
#include <postern/platform.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace meta {

class Listing {
 public:
  using Node = postern::Node;

  explicit Listing(const postern::Task& task) : task_(task) {}

  /// `root` ends before "me". `platform`: whose conversations; a Page may have both kinds.
  void encode(const std::string& root, std::string_view platform, postern::Request& request) const {
    request.get(root + "me/conversations").bearer().safe();
    request.query("platform", platform).query("limit", kConversations);
    request.query("fields", "updated_time,messages.limit(20){id,created_time,from,to,message,attachments,shares}");
    if (!task_.cursor().empty()) request.query("after", task_.cursor());
  }

  /// The page that reaches back to what the round before has seen is the last.
  void interpret(Node body, postern::Outcome& outcome) const {
    outcome.done();
    bool older = false;
    for (const Node conversation : body["data"]) {
      const auto changed = postern::time_of(conversation["updated_time"]);
      older = older || (changed && changed < task_.since());
      const Node messages = conversation["messages"]["data"];
      for (std::size_t left = messages.size(); left-- > 0;)
        outcome.events().item(task_.account_key(), messages.at(left),
                              [&] { read(messages.at(left), outcome.events()); });
    }
    const Node paging = body["paging"];
    if (paging["next"] && !older) outcome.cursor(paging["cursors"]["after"].text());
  }

 private:
  static constexpr int kConversations = 25;

  /// What people wrote, under the key of its webhook: also of what they tapped nothing but the words is shown. What the
  /// account wrote is left out, since nothing tells whether a person or an application did.
  void read(Node message, postern::Events& events) const {
    const Node sender = message["from"];
    const std::string from = sender["id"].id_if_any(), mid = message["id"].id_if_any();
    bool ours = false;
    for (const Node recipient : message["to"]["data"])
      ours = ours || recipient["id"].id_if_any() == task_.account_key();
    if (!ours || from.empty() || from == task_.account_key() || mid.empty()) return;
    events.add("message").account_key(task_.account_key()).thread(from);
    events.sender({.id = from, .name = sender["name"].text(), .handle = sender["username"].text()});
    events.sent_at(message["created_time"]).key(mid + ":message").platform_id(mid).user_action(true);
    events.text(message["message"].text());
    for (const Node file : message["attachments"]["data"]) attach(file, events);
    for (const Node share : message["shares"]["data"])
      events.attach({.type = "share", .url = share["link"].text(), .title = share["name"].text()});
  }

  static void attach(Node file, postern::Events& events) {
    const std::string_view mime = file["mime_type"].text();
    const std::string_view type = mime.substr(0, mime.find('/'));
    std::string_view url = file["file_url"].text();
    for (const auto member : {"image_data", "video_data"}) url = file[member]["url"].text(url);
    const bool known = type == "image" || type == "video" || type == "audio";
    events.attach({.type = known ? type : "file", .url = url, .title = file["name"].text()});
  }

  const postern::Task& task_;
};

}  // namespace meta
