// SPDX-License-Identifier: Apache-2.0
// How often a machine may speak: seldom to one person, and never on and on with another machine.
#pragma once
#include <postern/handler.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

namespace autoresponder {

/// Works on the handler's state of one contact:
///     {"last": ms, "talks": {"<conversation>": {"answers": [ms, …], "broken": true}}}
class Budget {
 public:
  struct Limits {
    std::chrono::milliseconds interval;     ///< between two automatic answers to a contact
    std::int64_t loop_answers;              ///< so many of them …
    std::chrono::milliseconds loop_window;  ///< … within this time in one conversation are a loop
  };
  enum class Verdict { speak, quiet, loop };

  Budget(const Limits& limits, postern::Turn& turn)
      : limits_(limits),
        turn_(turn),
        now_(turn.now() / 1000),
        conversation_(turn.context().conversation()),
        talks_(copy(turn.state()["talks"])),
        talk_(copy(postern::Node(talks_)[conversation_])) {}

  /// `loop` is said once, until a person has spoken or a day has passed.
  Verdict ask() const {
    if (postern::Node(talk_)["broken"].boolean() && now_ - last_answer(talk_) < kForgotten) return Verdict::quiet;
    if (recent() >= limits_.loop_answers) return Verdict::loop;
    const std::int64_t last = turn_.state().integer("last", 0);
    return last != 0 && now_ - last < limits_.interval.count() ? Verdict::quiet : Verdict::speak;
  }

  void spoken() {
    boost::json::array answers;
    for (const postern::Node at : postern::Node(talk_)["answers"])
      if (within(at)) answers.emplace_back(at.integer());
    answers.emplace_back(now_);
    talk_ = {{"answers", std::move(answers)}};
    turn_.state().set("last", now_);
    store();
  }
  void broken() {
    talk_.as_object()["broken"] = true;
    store();
  }
  /// A person has spoken: what the machine said before counts no more.
  void person_spoke() {
    if (talks_.as_object().erase(conversation_) != 0) turn_.state().set("talks", talks_);
  }

 private:
  static constexpr std::size_t kMostTalks = 16;               // a contact has few conversations; state is small
  static constexpr std::int64_t kForgotten = 24 * 3'600'000;  // ms

  static postern::Json copy(postern::Node node) {
    return node.is_object() ? postern::Json(*node.json()) : postern::Json(boost::json::object());
  }
  static std::int64_t last_answer(const postern::Json& talk) {
    const postern::Node answers = postern::Node(talk)["answers"];
    return answers.size() == 0 ? 0 : answers.at(answers.size() - 1).integer();
  }
  bool within(postern::Node at) const { return now_ - at.integer() < limits_.loop_window.count(); }
  std::int64_t recent() const {
    std::int64_t count = 0;
    for (const postern::Node at : postern::Node(talk_)["answers"]) count += within(at);
    return count;
  }

  void store() {
    auto& talks = talks_.as_object();
    talks[conversation_] = talk_;
    while (talks.size() > kMostTalks) talks.erase(quietest(talks));
    turn_.state().set("talks", talks_);
  }
  /// The conversation whose last answer is the oldest; it is never the current one, which has just been written.
  boost::json::object::iterator quietest(boost::json::object& talks) const {
    auto found = talks.end();
    for (auto it = talks.begin(); it != talks.end(); ++it)
      if (it->key() != conversation_ &&
          (found == talks.end() || last_answer(it->value()) < last_answer(found->value())))
        found = it;
    return found;
  }

  const Limits limits_;
  postern::Turn& turn_;
  const std::int64_t now_;  // ms
  const std::string conversation_;
  postern::Json talks_, talk_;
};

}  // namespace autoresponder
