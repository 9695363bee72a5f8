// SPDX-License-Identifier: Apache-2.0
#include "core/attempts.hpp"

namespace postern::core {

// A part that was given up was not tried. One whose failure the platform tells later, as an event, was tried before; so
// was one that was reconciled.
AttemptStep attempt_step(std::string_view type, std::string_view decision, bool sealed) {
  if (type == "msg.out.intent") return AttemptStep::intent;
  if (type == "policy.allow") return AttemptStep::allow;
  if (type == "msg.out.sent" || type == "msg.out.unknown") return AttemptStep::end;
  const bool failed = type == "msg.out.failed" && !sealed && !decision.ends_with(":given-up");
  return failed ? AttemptStep::end : AttemptStep::none;
}

std::optional<std::int64_t> AttemptsBackwards::take(AttemptStep step, std::int64_t index, std::int64_t cause,
                                                    std::int64_t part) {
  const std::int64_t key = step == AttemptStep::intent ? index * 256 + 1 : cause * 256 + part;
  switch (step) {
    case AttemptStep::none:
      return std::nullopt;
    case AttemptStep::end:
      ++ends_[key];
      return std::nullopt;
    case AttemptStep::allow:
      --ends_[key];
      return key;
    case AttemptStep::intent: {
      const auto at = ends_.find(key);
      const int unexplained = (at == ends_.end() ? 0 : at->second) + (on_their_way_.contains(key) ? 1 : 0);
      if (at != ends_.end()) ends_.erase(at);
      return unexplained > 0 ? std::optional(key) : std::nullopt;
    }
  }
  return std::nullopt;
}

}  // namespace postern::core
