// SPDX-License-Identifier: Apache-2.0
// Which attempts there were to send something, and when they began, told from the log alone: no row is written for it.
// A further attempt begins with policy.allow; the first one of a message may begin with the intent itself, which is
// seen by its having an end without another beginning.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace postern::core {

/// What a record says of an attempt.
enum class AttemptStep : std::uint8_t { none, intent, allow, end };
/// By the leaf's `k` and `d`, and whether it has a body.
AttemptStep attempt_step(std::string_view type, std::string_view decision, bool sealed);

/// Finds the beginnings in records that it gets the newest first.
class AttemptsBackwards {
 public:
  /// The parts (Part::key) that the outbox has as being on their way: their newest attempt has no end yet.
  explicit AttemptsBackwards(std::unordered_set<std::int64_t> on_their_way) : on_their_way_(std::move(on_their_way)) {}

  /// The part whose attempt has begun with this record; nothing if none has. `cause` and `part` are the leaf's `r` and
  /// `q`; of an intent they are not looked at.
  std::optional<std::int64_t> take(AttemptStep step, std::int64_t index, std::int64_t cause, std::int64_t part);

 private:
  const std::unordered_set<std::int64_t> on_their_way_;
  std::unordered_map<std::int64_t, int> ends_;  ///< less the beginnings that were found, by part
};

}  // namespace postern::core
