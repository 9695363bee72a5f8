// SPDX-License-Identifier: Apache-2.0
// What was sent lately, so that rate limits can be judged. In memory; deterministic: time is an argument.
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "core/policy/cap_book.hpp"

namespace postern::core::policy {

/// Keeps the instants of the sends that a limit can still ask for, so a limit is kept exactly: never more than `count`
/// in any `per`. (A bucket that refills would be one number a key, but lets nearly twice the count through after a
/// pause, and a platform counts.) A limit's sends are at most `count`, which a pack keeps under ten thousand.
class RateBook {
 public:
  CapBook caps;  ///< what is counted by message

  /// The earliest instant at which one more send keeps within the limit; `now` if it does at once. A send that lies in
  /// the future does not count: only a clock that has gone back can make one.
  Micros next(const RateLimit& limit, std::int64_t key, Micros now) const;
  /// Counts one send.
  void take(const RateLimit& limit, std::int64_t key, Micros now);
  /// Forgets what no limit can ask for any more. `take` does so by itself, often enough to bound the memory.
  void prune(Micros now);
  std::size_t size() const { return logs_.size(); }
  /// What a limit can still ask for at `now`, by rule and key: two books that count alike give the same. With caps.
  std::map<std::pair<std::string_view, std::int64_t>, std::vector<Micros>> counted(Micros now) const;

 private:
  struct Log {
    std::deque<Micros> sent;  ///< ascending, none older than `per`
    Micros per = 0;
  };
  std::map<std::pair<std::string_view, std::int64_t>, Log> logs_;  ///< by rule and key
  std::size_t prune_at_ = 1'024;
};

}  // namespace postern::core::policy
