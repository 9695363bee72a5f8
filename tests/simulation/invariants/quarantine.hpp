// SPDX-License-Identifier: Apache-2.0
// What a plugin could not handle stays, whoever has answered meanwhile, until a person has it handled again or discards
// it, or its content expires.
#pragma once
#include <map>
#include <set>

#include "invariant.hpp"

namespace postern::simulation {

class Quarantine : public Invariant {
 public:
  void committed(const core::Record& record) override {
    const bool expired = record.type == "turn.declined" && record.decision == "expired";
    if (record.type == "msg.replayed" || record.type == "msg.dead" || expired) ++freed_[record.cause];
  }
  void stored(const core::Row& row) override {
    const auto* turn = std::get_if<core::OpenTurnRow>(&row);
    if (!turn) return;
    if (!turn->erase && turn->stage == kStage)
      kept_.insert(turn->index);
    else if (kept_.erase(turn->index) > 0 && --freed_[turn->index] < 0)
      throw Violation("quarantine", "record " + std::to_string(turn->index) + " has left by itself");
  }

 private:
  static constexpr std::int64_t kStage = 2;
  std::set<std::int64_t> kept_;
  std::map<std::int64_t, int> freed_;  ///< how often a person, or its time, has said so
};

}  // namespace postern::simulation
