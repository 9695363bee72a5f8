// SPDX-License-Identifier: Apache-2.0
// A start on a copy of the ledger (daemon/backup). What has happened since it was made nobody here knows: what was to
// be sent then may have been sent, what was to be answered may have been answered. So none of it is done again by
// itself: it is shown to people, and an echo or a person settles it.
#include <algorithm>
#include <utility>

#include "core/machine.hpp"
#include "core/time_text.hpp"

namespace postern::core {

// The first thing that a start on a copy does. Until this is durable, the next start does it again.
void Core::Machine::set_aside(Step& step) {
  const std::int64_t records = committed_ + 1;
  Record& made = record(step, "audit.restored");
  made.count = records;
  made.extra = {{"made", rfc3339(std::exchange(copied_, 0))}};
  restored_ = step.now.wall;
  step.out.rows.emplace_back(RestoredRow{restored_});
  set_aside_parts(step);
  set_aside_turns(step);
  drop_timers(step);
  while (!approvals_.empty()) expire_approval(step, approvals_.begin()->first);  // it may have been refused since
  step.out.once.emplace_back(Alarm{"ledger.restored",
                                   "this is a copy of the ledger, of " + std::to_string(records) +
                                       " records: what waited to be sent is not sent by itself, see "
                                       "`posternctl outbox list` and `posternctl conversations --waiting`",
                                   {},
                                   {}});
}

void Core::Machine::set_aside_parts(Step& step) {
  std::map<std::int64_t, Part*> waiting;
  for (const auto& [key, part] : parts_)
    if (part->state != PartState::parked) waiting[key] = part;
  for (const auto& [key, part] : waiting) {
    Record& made = record(step, "msg.out.unknown", *part->conversation);
    made.outcome = "unknown";
    made.cause = part->intent();
    made.message = part->message;
    made.count = part->number;
    made.decision = "restored";
    if (part->fleeting())
      drop_part(step, *part);
    else
      set_part(step, *part, PartState::parked, 0);
  }
}

void Core::Machine::set_aside_turns(Step& step) {
  std::map<std::int64_t, Turn*> open;
  for (const auto& [index, turn] : turns_)
    if (turn->stage != Turn::Stage::quarantine) open[index] = turn.get();
  for (const auto& [index, turn] : open) {
    turn->event.text = nullptr;  // no handler is asked
    if (turn->deadline > 0)
      turn_waits(step, *turn);
    else
      drop_turn(step, *turn);  // nobody waited for an answer
  }
}

// Those whose time was before this start have gone off elsewhere, or would now say what was to be said then.
void Core::Machine::drop_timers(Step& step) {
  std::map<std::int64_t, TimerState*> past;
  for (auto& [key, timer] : timers_)
    if (timer.due <= step.now.wall) past[key] = &timer;
  for (const auto& [key, timer] : past) {
    --timer->conversation->timers;
    step.out.rows.emplace_back(TimerRow{key, timer->conversation->row.number, timer->handler, {}, 0, true});
    timers_.erase(key);
  }
}

}  // namespace postern::core
