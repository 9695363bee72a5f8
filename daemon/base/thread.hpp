// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>
#include <sched.h>

namespace postern {

/// Names the calling thread as docs/architecture.md does, for ps, perf and core dumps. At most 15 characters.
inline void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

/// For a thread that works for others: being woken, it does not push the waking thread off its core, so that one can
/// finish handing over, and this one finds more work at once. Measured on one core: a tenth less CPU a message. Where
/// the kernel refuses, nothing is lost.
inline void yield_to_wakers() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

/// For a thread that nothing waits for: it runs while its core has nothing else to do.
inline void run_when_idle() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
}

}  // namespace postern
