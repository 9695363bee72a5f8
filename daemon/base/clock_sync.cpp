// SPDX-License-Identifier: Apache-2.0
#include "base/clock_sync.hpp"

#include <sys/timex.h>

namespace postern {

ClockSync read_clock_sync() {
  timex state{};
  const int how = ::adjtimex(&state);
  const Micros offset = (state.status & STA_NANO) != 0 ? state.offset / 1'000 : state.offset;
  return {how != -1 && how != TIME_ERROR && (state.status & STA_UNSYNC) == 0, offset};
}

}  // namespace postern
