// SPDX-License-Identifier: Apache-2.0
// How far an account's platform has been asked what was said (listing.cpp).
#pragma once
#include <cstdint>
#include <string>

#include "base/clock.hpp"

namespace postern::core {

struct Listing {
  Micros until = 0;               ///< all before was looked at
  Micros began = 0;               ///< of the round under way; 0: none
  Micros due = 0, looked_at = 0;  ///< of the next round; of the last one that ended well, in this process
  int pages = 0;
  std::uint64_t missed = 0;  ///< since the start
  std::string error;         ///< of the last round
};

}  // namespace postern::core
