// SPDX-License-Identifier: Apache-2.0
// What was sent lately, so that rate limits can be judged. In memory; deterministic: time is an argument.
#pragma once
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"
#include "core/policy/policy.hpp"

namespace postern::core::policy {

class RateBook {
 public:
  /// The earliest instant at which one more send keeps within the limit; `now` or earlier if it does at once.
  Micros next(const RateLimit& limit, std::int64_t key, Micros now) const;
  /// Counts one send.
  void take(const RateLimit& limit, std::int64_t key, Micros now);
  /// Forgets what no limit can ask for any more.
  void prune(Micros now);

 private:
  /// Exact for small limits would cost a time per send; a limit is kept as a bucket that refills evenly ("generic cell
  /// rate"): one number a key.
  struct Bucket {
    Micros theoretical = 0;  ///< the instant at which the bucket is full again
    Micros per = 0;
  };
  std::unordered_map<std::uint64_t, Bucket> buckets_;
};

}  // namespace postern::core::policy
