// SPDX-License-Identifier: Apache-2.0
// Runs one plugin as a peer of the broker. The same runner serves a thread of the daemon (inproc) and the program
// postern-plugin-host (ipc); plugin-api/WIRE.md describes the frames.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <zmq.hpp>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::host {

struct Placement {
  std::string endpoint = {};  ///< of the broker's ROUTER "hosts"
  std::filesystem::path library = {};
  std::string section = {};
  std::uint64_t epoch = 0;  ///< which start of this section this is; the broker drops frames of older ones
  std::string config = {};  ///< the section's options as JSON, without secrets

  Micros welcome_within = 10 * kSecond;  ///< no answer to hello by then: the broker isn't there
  Micros silence = 30 * kSecond;         ///< no frame for so long, pings included: the broker is gone
};

/// Loads the plugin, connects, says hello, and serves calls one at a time until the broker says bye, `stop` is set
/// (seen within 250 ms while no call runs), or the broker is silent for too long. Fails if the plugin can't be loaded
/// or created, if the broker refuses it, and if the broker is not there or gone; the error is for the log. Blocks;
/// everything of the plugin happens on the calling thread.
Result<void> run(zmq::context_t& context, const Placement& placement, const std::atomic<bool>& stop);

/// The section whose plugin is running a call on this thread, else null. For a handler of fatal signals, which has to
/// say whose fault it was: safe to call there.
const char* running_section() noexcept;

}  // namespace postern::host
