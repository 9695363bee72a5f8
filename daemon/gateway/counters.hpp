// SPDX-License-Identifier: Apache-2.0
// What the gateway has seen. The gateway's thread writes, any thread reads; each figure is exact, the whole is not a
// snapshot of one instant.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "gateway/http_message.hpp"

namespace postern::gateway {

using Counter = std::atomic<std::uint64_t>;

struct Counters {
  Counter connections{0};                             ///< accepted since start
  Counter open{0};                                    ///< open now
  Counter large_bodies{0};                            ///< bytes now held of large bodies that nobody has verified yet
  Counter evicted{0};                                 ///< closed to make room for a new one
  Counter accept_errors{0};                           ///< accept() failed, as when no file descriptor is left
  Counter requests{0};                                ///< requests read to their last byte
  Counter verified{0};                                ///< webhooks whose signature was right
  Counter full{0};                                    ///< verified, but the broker had no room: 503
  Counter unanswered{0};                              ///< no answer within the limit: 503
  Counter late{0};                                    ///< answers that came for a request that was gone by then
  Counter wishes_forged{0}, wishes_expired{0};        ///< deletion callbacks that were refused: 403
  Counter wishes_repeated{0};                         ///< that had been granted before, and change nothing
  std::array<Counter, kStatuses.size()> responses{};  ///< by status, in the order of kStatuses
};

/// One more (or, for what is open or held now, less), on the gateway's thread: nobody else writes, so no lock is
/// needed.
inline void add(Counter& counter, std::int64_t amount = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(amount),
                std::memory_order_relaxed);
}

}  // namespace postern::gateway
