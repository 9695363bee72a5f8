// SPDX-License-Identifier: Apache-2.0
// All chance of a simulated world, from its seed.
#pragma once
#include <cstdint>
#include <cstring>

#include "base/clock.hpp"
#include "core/input.hpp"

namespace postern::simulation {

/// SplitMix64: small, fast, and the same on every machine.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 0x2545f4914f6cdd1d) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  /// Evenly in [low, high].
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(next() % static_cast<std::uint64_t>(high - low + 1));
  }
  /// True in `of_thousand` of a thousand cases.
  bool happens(int of_thousand) { return next() % 1000 < static_cast<std::uint64_t>(of_thousand); }
  template <typename List>
  auto& one_of(List& list) {
    return list[next() % list.size()];
  }
  /// What comes with an input of the core.
  core::Chance chance() {
    core::Chance chance;
    const std::uint64_t halves[] = {next(), next()};
    std::memcpy(chance.data(), halves, sizeof halves);
    return chance;
  }

 private:
  std::uint64_t state_;
};

}  // namespace postern::simulation
