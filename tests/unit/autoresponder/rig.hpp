// SPDX-License-Identifier: Apache-2.0
// One autoresponder and one contact who writes to it.
#pragma once
#include <postern/fake_host.hpp>

#include <string>
#include <string_view>

struct Rig {
  explicit Rig(std::string_view config) : host(config) {}

  /// What the handler asks for when the contact says this: its effects without the state, one a line.
  std::string says(std::string_view text) { return sends(event(text)); }
  std::string sends(const std::string& event, const std::string& turn = "{}") {
    const auto said = host.handle(event, context, turn);
    if (!said.ok()) return "error: " + said.error;
    flow = said.flow;
    std::string effects;
    for (const auto& item : said.items) {
      if (postern::Node(item)["effect"].text() == "state") continue;
      effects += (effects.empty() ? "" : "\n") + boost::json::serialize(item);
    }
    return effects;
  }
  static std::string event(std::string_view text) {
    std::string out;
    postern::Writer(out).object().field("kind", "message").field("thread", "t").field("text", text).end();
    return out;
  }
  void wait_minutes(std::int64_t minutes) { host.now += minutes * 60'000'000; }

  postern::FakeHost host;
  std::string context = R"({"account": "acme", "platform": "telegram", "conversation": "c1", "first_name": "Rita"})";
  std::uint32_t flow = 0;
};

/// The text with which a configuration is refused; empty if it is taken.
inline std::string refusal(std::string_view config) {
  try {
    postern::FakeHost host(config);
    return {};
  } catch (const std::exception& refused) {
    return refused.what();
  }
}
