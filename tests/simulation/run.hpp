// SPDX-License-Identifier: Apache-2.0
// One seed, one world: people write for an hour or two while everything fails, then all is mended and must come to
// rest.
#pragma once
#include <cstdint>
#include <string>

#include "coverage.hpp"

namespace postern::simulation {

struct Outcome {
  std::string violation;  ///< empty: none
  std::uint64_t digest = 0;
  double hours = 0;  ///< of virtual time
  Coverage coverage;
};

Outcome run(std::uint64_t seed, bool verbose = false);

}  // namespace postern::simulation
