// SPDX-License-Identifier: Apache-2.0
// The first frames of a host: who it says it is, and who libzmq says it is. The protocol is plugin-api/WIRE.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "base/error.hpp"

namespace postern::bus {

struct Hello {
  std::string section;
  std::optional<std::uint64_t> epoch;  ///< none: not a number
  std::string plugin, version;
  bool ipc = false;  ///< it came through the ipc socket; a thread of ours did not
  unsigned uid = 0;  ///< of an ipc peer, as the kernel says
  std::int64_t pid = 0;
  std::size_t credit = 0;  ///< how many calls it takes at a time; 0: it does not say
};

/// From "hello", protocol, section, epoch, about. An error's text is what the host is refused with.
Result<Hello> read_hello(std::vector<zmq::message_t>& frames);

}  // namespace postern::bus
