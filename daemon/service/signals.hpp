// SPDX-License-Identifier: Apache-2.0
// Signals as something that main waits for. Blocked in all threads, so make one before any thread starts.
#pragma once
#include "base/clock.hpp"

namespace postern::service {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  enum class What { nothing, stop, reload };
  /// Waits for SIGTERM or SIGINT (stop), SIGHUP (reload), wake(), or the time to pass.
  What wait(Micros within);
  /// Any thread: ends the wait.
  void wake() const;

 private:
  int signals_ = -1, bell_ = -1;
};

}  // namespace postern::service
