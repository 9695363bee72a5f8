// SPDX-License-Identifier: Apache-2.0
// Promise 2: whatever leaves has a verdict of its own that was durable before it left.
#pragma once
#include <map>

#include "invariant.hpp"

namespace postern::simulation {

class Judgement : public Invariant {
 public:
  void committed(const core::Record& record) override {
    if (record.type == "msg.out.intent") verdicts_[part_id(record.message, 1)] = record.index;
    if (record.type == "policy.allow") verdicts_[part_id(record.message, *record.count)] = record.index;
  }
  void left(const Request& request) override {
    const auto verdict = verdicts_.find(request.task);
    if (verdict == verdicts_.end())
      throw Violation("judgement", "part " + request.task + " left without a durable verdict");
    if (!used_.emplace(request.task, verdict->second).second && used_[request.task] >= verdict->second)
      throw Violation("judgement",
                      "part " + request.task + " left a second time under verdict " + std::to_string(verdict->second));
    used_[request.task] = verdict->second;
  }

 private:
  std::map<std::string, std::int64_t> verdicts_, used_;
};

}  // namespace postern::simulation
