// SPDX-License-Identifier: Apache-2.0
// How many messages went out lately, for caps. A rate counts each attempt, as platforms do; a cap counts what people
// get: a message, into however many parts it was split and however often it had to be tried. In memory; deterministic.
#pragma once
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

namespace postern::core::policy {

/// One limit on how often: at most `count` sends in any `per` microseconds.
struct RateLimit {
  std::string_view rule;  ///< interned id: "msgr.rate-account"
  std::int64_t count = 0;
  Micros per = 0;
};

/// Keeps for each message the instant of its newest attempt, so that a cap errs on the side of the contact.
class CapBook {
 public:
  /// The earliest instant at which one more message keeps within the limit; `now` if it does at once. `message` has its
  /// place already if it was tried before: it is not counted against itself. 0: a message that is new.
  Micros next(const RateLimit& limit, std::int64_t key, std::int64_t message, Micros now) const;
  /// Counts an attempt to send a part of a message.
  void take(const RateLimit& limit, std::int64_t key, std::int64_t message, Micros now);
  /// What is counted by this name is counted by whoever has no such limit as well: others ask for so many in so long.
  void share(const RateLimit& limit) { shared_ = limit; }
  const RateLimit& shared() const { return shared_; }
  /// What was counted under one key is counted under the other: both are the same.
  void merge(std::string_view rule, std::int64_t from, std::int64_t to);
  void prune(Micros now);
  std::size_t size() const { return logs_.size(); }
  /// Adds what a limit can still ask for at `now`, by rule and key.
  void counted(Micros now, std::map<std::pair<std::string_view, std::int64_t>, std::vector<Micros>>& out) const;

 private:
  struct Sent {
    Micros at;
    std::int64_t message;
  };
  struct Log {
    std::vector<Sent> sent;  ///< ascending; what the largest limit can ask for, and one that may be the asker's own
    Micros per = 0;
    std::int64_t most = 0;
  };
  std::map<std::pair<std::string_view, std::int64_t>, Log> logs_;  ///< by rule and key
  RateLimit shared_;
  std::size_t prune_at_ = 1'024;
};

}  // namespace postern::core::policy
