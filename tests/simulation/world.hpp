// SPDX-License-Identifier: Apache-2.0
// What everything in a simulation shares: time, chance, the disk, and those who watch.
#pragma once
#include <vector>

#include "coverage.hpp"
#include "dice.hpp"
#include "digest.hpp"
#include "disk.hpp"
#include "invariant.hpp"
#include "schedule.hpp"

namespace postern::simulation {

struct World {
  explicit World(std::uint64_t seed) : dice(seed) {}

  Schedule schedule;
  VirtualClock clock{schedule};
  Dice dice;
  Coverage coverage;
  Digest digest;
  Disk disk;
  std::vector<Invariant*> watching;
  bool troubled = true;  ///< faults happen; off in the end phase

  /// In so many of a thousand cases, as long as faults happen.
  bool fault(int of_thousand) { return troubled && dice.happens(of_thousand); }
};

}  // namespace postern::simulation
