// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <pthread.h>

namespace postern {

/// Names the calling thread as docs/architecture.md does, for ps, perf and core dumps. At most 15 characters.
inline void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace postern
