// SPDX-License-Identifier: Apache-2.0
// Clean ledgers of every kind: what happens in them is drawn.
#pragma once
#include <random>

#include "made_log.hpp"

namespace postern::test {

/// At least `size` records, at most one more, with a checkpoint at the end: messages, silence, new keys, erasures,
/// purges, steps of the clock. The same seed makes the same ledger.
inline std::unique_ptr<MadeLog> random_log(unsigned seed, std::size_t size) {
  auto log = std::make_unique<MadeLog>(seed);
  std::mt19937 draw(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(draw()) % bound; };
  std::size_t rotations = 0;
  while (log->leaves.size() < size) {
    const auto last = log->leaves.size() - 1;
    const auto what = below(100);
    if (what < 60) {
      log->add_message(below(300));
    } else if (what < 90) {
      log->add("audit.heartbeat");
    } else if (what < 93) {
      log->step(static_cast<std::int64_t>(below(20'000'000)) - 10'000'000);
    } else if (what < 95 && log->blobs[last]) {
      log->erase(last);
    } else if (what < 96) {
      log->purge(last - std::min<std::size_t>(last, 3), last);
    } else if (what < 98 && below(4) == 0) {
      log->keep();
    } else if (what == 99 && below(1 + rotations * 8) == 0) {
      log->rotate();
      log->add("audit.heartbeat");  // the note that ends an epoch stays as it is
      ++rotations;
    }
  }
  log->keep();
  return log;
}

}  // namespace postern::test
