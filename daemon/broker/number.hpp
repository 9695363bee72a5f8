// SPDX-License-Identifier: Apache-2.0
// Calls into plugins and errands of the courier share one sequence of numbers; the two lowest bits say whose it is.
#pragma once
#include <cstdint>

namespace postern::broker {

enum class Owner : std::uint64_t { webhook = 0, core = 1, task = 2, media = 3 };

constexpr std::uint64_t number(Owner owner, std::uint64_t index) {
  return index << 2 | static_cast<std::uint64_t>(owner);
}
constexpr Owner owner(std::uint64_t number) {
  return static_cast<Owner>(number & 3);
}
constexpr std::uint64_t index(std::uint64_t number) {
  return number >> 2;
}

}  // namespace postern::broker
