// SPDX-License-Identifier: Apache-2.0
// A plugin's runner as a thread of the daemon. Broker's thread.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "host/runner.hpp"

namespace postern::bus {

/// None, or one that runs. To be ended before it is destroyed.
class HostThread {
 public:
  /// `context` outlives the thread; nothing runs here yet.
  void start(zmq::context_t& context, host::Placement placement);
  explicit operator bool() const { return state_ != nullptr; }
  /// True once, when a thread that ran has ended: then `how` says why.
  bool ended(std::string& how);
  void ask_to_end();
  /// Waits for it until then. One that hangs in its plugin would hold up the end for ever; it is let go, and goes with
  /// the process.
  void end_by(std::chrono::steady_clock::time_point until);

 private:
  /// Shared with the thread, which may outlive this object.
  struct State {
    std::atomic<bool> stop{false}, ended{false};
    std::string failure;  ///< written before `ended`; empty: it ended well
  };

  std::thread thread_;
  std::shared_ptr<State> state_;
};

}  // namespace postern::bus
