// SPDX-License-Identifier: Apache-2.0
// Whether the machine's clock follows a better one, as the kernel knows it.
#pragma once
#include "base/clock.hpp"

namespace postern {

struct ClockSync {
  bool synchronised = false;  ///< a time service has set it, and says that it holds
  Micros offset = 0;          ///< by how much the service last found it wrong; may be negative
};

/// adjtimex(2), without changing anything. Any thread.
ClockSync read_clock_sync();

}  // namespace postern
