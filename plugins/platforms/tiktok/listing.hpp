// SPDX-License-Identifier: Apache-2.0
// What was said lately, asked for instead of told: conversations first, then the newest 20 messages of each that has
// changed. The cursor between two requests holds what is still to be asked.
//
//     {"type": "STRANGER", "page": 100, "left": ["<conversation>", …]}
#pragma once
#include <postern/platform.hpp>

#include <string>
#include <string_view>

#include "message.hpp"

namespace tiktok {

class Listing {
 public:
  explicit Listing(const postern::Task& task)
      : task_(task),
        state_(postern::parse_json(task.cursor().empty() ? R"({"type": "SINGLE", "page": 0, "left": []})"
                                                         : task.cursor())) {}

  /// `root` ends where "conversation/list/" begins.
  void encode(const std::string& root, postern::Request& request) const {
    const postern::Node state(state_);
    request.get(root + (reads_messages() ? "content/list/" : "conversation/list/")).auth_header("Access-Token").safe();
    request.query("business_id", task_.account_key());
    if (reads_messages()) {
      request.query("conversation_id", state["left"].at(0).text());
    } else {
      request.query("conversation_type", state["type"].text());
      request.query("limit", kPage).query("cursor", state["page"].integer());
    }
  }

  void interpret(postern::Node data, postern::Outcome& outcome) {
    outcome.done();
    if (reads_messages())
      read_messages(data, outcome);
    else
      read_conversations(data);
    const postern::Node state(state_);
    if (state["type"] || state["left"].size() != 0) outcome.cursor(boost::json::serialize(state_));
  }

 private:
  using Node = postern::Node;
  static constexpr int kPage = 100;

  bool reads_messages() const { return Node(state_)["left"].size() != 0; }

  /// Those who were answered once are SINGLE, those who were not are STRANGER.
  void read_conversations(Node data) {
    auto& state = state_.as_object();
    const auto since = task_.since();
    auto& left = state["left"].as_array();
    for (const Node each : data["conversations"]) {
      const auto changed = postern::time_of(each["update_time"]);
      const std::string_view id = each["conversation_id"].text();
      if (!id.empty() && (!since || !changed || *changed >= *since)) left.emplace_back(id);
    }
    if (data["has_more"].boolean())
      state["page"] = data["cursor"].integer();
    else if (Node(state_)["type"].text() == "SINGLE")
      state["type"] = "STRANGER", state["page"] = 0;
    else
      state["type"] = nullptr;
  }

  /// What the API itself has sent is known; what a colleague wrote in the app is not. What the API shows as OTHER a
  /// webhook may have told as something that is no message, like a reaction.
  void read_messages(Node data, postern::Outcome& outcome) {
    postern::Events& events = outcome.events();
    for (const Node each : data["messages"]) {
      Message message(task_.account_key(), each, events);
      const bool named = each["message_id"].is_string() && each["conversation_id"].is_string();
      const bool known = message.is_own() && message.by_machine();
      if (named && !known && each["message_type"].text() != "OTHER") message.read(message.is_own());
    }
    auto& left = state_.as_object()["left"].as_array();
    left.erase(left.begin());
  }

  const postern::Task& task_;
  postern::Json state_;
};

}  // namespace tiktok
