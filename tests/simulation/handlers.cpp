// SPDX-License-Identifier: Apache-2.0
#include "handlers.hpp"

#include <charconv>

#include "core/json_text.hpp"

namespace postern::simulation {
namespace {

// The text of a member that holds no escapes, as in all JSON of this simulation.
std::string_view member(std::string_view json, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const auto at = json.find(start);
  if (at == json.npos) return {};
  json.remove_prefix(at + start.size());
  return json.substr(0, json.find('"'));
}

std::int64_t count_in(std::string_view state) {
  std::int64_t count = 0;
  const auto at = state.find("\"n\":");
  if (at != state.npos) std::from_chars(state.data() + at + 4, state.data() + state.size(), count);
  return count;
}

template <typename... More>
std::string effect(std::string_view name, More... more) {
  std::string out;
  core::JsonObject object(out);
  object.add("effect", name);
  (object.add(more.first, more.second), ...);
  object.end();
  return out;
}
using Field = std::pair<std::string_view, std::string>;

}  // namespace

std::string token_of(std::string_view event) {
  if (const auto timer = member(event, "timer"); !timer.empty()) return "timer-" + std::string(timer);
  const auto text = member(event, "text");
  return std::string(text.substr(0, text.find(' ')));
}

void Handlers::call(const core::Handle& handle) {
  const std::string token = token_of(*handle.event);
  const Micros latency =
      world_.dice.happens(30) ? world_.dice.between(1, 12) * kSecond : world_.dice.between(1, 80) * kMilli;
  // Some events break a handler every time, as long as there are faults.
  const bool poison = world_.troubled && handle.handler != "greeter" && std::hash<std::string>()(token) % 23 == 0;
  core::Input answer;
  if (poison || world_.fault(30)) {
    answer = core::HandlerFailed{handle.call, "it threw"};
  } else {
    const bool stops = handle.handler != "answerer" && !token.starts_with("probe") && world_.dice.happens(50);
    core::Handled handled{handle.call, stops, {}};
    for (const auto& text : effects(handle, token)) {
      auto parsed = core::parse_effect(text);
      if (!parsed) throw Violation("simulation", "a handler's effect is refused: " + parsed.error().what);
      handled.effects.push_back(std::move(*parsed));
    }
    answer = std::move(handled);
  }
  shell_.later(latency, [this, call = handle.call, answer = std::move(answer)] {
    for (auto* each : world_.watching) each->returned(call, std::get_if<core::Handled>(&answer));
    return answer;
  });
}

std::vector<std::string> Handlers::effects(const core::Handle& handle, const std::string& token) {
  std::vector<std::string> made;
  if (handle.handler != "greeter") {
    std::string state = "{\"effect\":\"state\",\"value\":{\"n\":" + std::to_string(count_in(handle.state) + 1) + "}}";
    made.push_back(std::move(state));
  }
  const bool probe = token.starts_with("probe");
  if (handle.handler == "answerer" || (!probe && world_.dice.happens(100))) add_answer(made, handle, token);
  if (!probe) add_side_effects(made, token);
  return made;
}

void Handlers::add_answer(std::vector<std::string>& to, const core::Handle& handle, const std::string& token) {
  const bool comment = member(*handle.event, "kind") == "comment", probe = token.starts_with("probe");
  const std::string name = token + "#" + std::string(handle.handler);
  if (!probe && world_.dice.happens(60))
    to.push_back("{\"effect\":\"reply\",\"ack\":true,\"text\":\"ack:" + name + "\"}");
  if (!probe && world_.dice.happens(60)) return;  // nobody answers it
  const int replies = !probe && world_.dice.happens(120) ? 2 : 1;
  for (int i = 0; i < replies; ++i) {
    std::string text = "re:" + name + std::to_string(i) + " Thank you for your message.";
    if (world_.dice.happens(100))
      text += std::string(" It will be looked at. We are glad that you wrote.") + std::string(200, 'x');
    std::string_view kind = "reply";
    if (comment && world_.dice.happens(500)) kind = world_.dice.happens(500) ? "private_reply" : "comment_reply";
    to.push_back(effect(kind, Field{"text", text}));
  }
  for (int sends = probe || !world_.dice.happens(20) ? 0 : 3; sends > 0; --sends)
    if (const auto* somewhere = world_.disk.any_conversation(world_.dice))
      to.push_back(effect("send", Field{"conversation", somewhere->id.hex()}, Field{"text", "send:" + name}));
}

void Handlers::add_side_effects(std::vector<std::string>& to, const std::string& token) {
  if (world_.dice.happens(60)) to.push_back(effect("typing"));
  if (world_.dice.happens(30)) to.push_back(effect("seen"));
  if (world_.dice.happens(80))
    to.push_back(effect("tag", Field{"tag", "t" + std::to_string(world_.dice.between(0, 5))}));
  if (world_.dice.happens(40))
    to.push_back(effect("set", Field{"scope", world_.dice.happens(500) ? "contact" : "conversation"},
                        Field{"name", "seen"}, Field{"value", token}));
  if (world_.dice.happens(40) && !token.starts_with("timer"))
    to.push_back("{\"effect\":\"schedule\",\"id\":\"" + token +
                 "\",\"in\":" + std::to_string(world_.dice.between(0, 900)) + "}");
  if (world_.dice.happens(10)) to.push_back(effect("cancel", Field{"id", token}));
  if (world_.dice.happens(20)) to.push_back(effect("escalate", Field{"reason", "asked"}));
  if (world_.dice.happens(20)) to.push_back(effect("close", Field{"reason", "done"}));
  if (world_.dice.happens(20)) to.push_back(effect("note", Field{"text", "a note"}));
}

}  // namespace postern::simulation
