// SPDX-License-Identifier: Apache-2.0
// Promise 7: every message ends as answered, declined or escalated before its deadline, or an alarm rings.
#pragma once
#include <map>
#include <set>

#include "brand.hpp"
#include "core/event.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Silence : public Invariant {
 public:
  void committed(const core::Record& record) override {
    if (record.type != "msg.in" || !record.body) return;
    const auto event = core::parse_event(*record.body);
    if (!event || !core::expects_answer(event->kind)) return;
    waiting_[record.index] = {record.conversation, record.wall + kAnswerWithin, 0};
  }
  void stored(const core::Row& row) override {
    if (const auto* turn = std::get_if<core::TurnRow>(&row)) waiting_.erase(turn->index);
  }
  void alarmed(const core::Alarm& alarm, Micros wall) override {
    Micros& last = alarms_[alarm.conversation];
    last = std::max(last, wall);
  }
  void swept(Micros wall, Micros up_for) override {
    for (auto& [index, turn] : waiting_) {
      if (turn.deadline > wall) {
        turn.overdue = 0;
        continue;
      }
      turn.overdue += kMinute;
      if (turn.overdue > kSlack && up_for > kSlack && !alarm_rang(turn))
        throw Violation("silence", "record " + std::to_string(index) + " is past its deadline and nobody was told");
    }
  }
  /// Only what is listed for a person may still be open.
  void ended(Micros wall) override {
    for (const auto& [index, turn] : waiting_)
      if (!listed_.contains(index) && turn.deadline + kSlack < wall)  // a clock that was set back has moved it away
        throw Violation("silence", "record " + std::to_string(index) +
                                       " was neither answered, declined nor escalated " +
                                       std::to_string((wall - turn.deadline) / kMinute) + " min after its deadline");
  }
  void list(std::int64_t turn) { listed_.insert(turn); }

 private:
  static constexpr Micros kSlack = 3 * kMinute;
  struct Waiting {
    Id conversation;
    Micros deadline, overdue;
  };
  bool alarm_rang(const Waiting& turn) const {
    const auto at = alarms_.find(turn.conversation);
    return at != alarms_.end() && at->second >= turn.deadline;
  }
  std::map<std::int64_t, Waiting> waiting_;
  std::map<Id, Micros> alarms_;
  std::set<std::int64_t> listed_;
};

}  // namespace postern::simulation
