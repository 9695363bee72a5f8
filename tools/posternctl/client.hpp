// SPDX-License-Identifier: Apache-2.0
// The daemon's sockets, from a tool's side (docs/protocol.md).
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>
#include <zmq.hpp>

#include "base/clock.hpp"

namespace postern::ctl {

/// JSON-RPC 2.0 on `control`, one call at a time.
class Client {
 public:
  /// Throws Failure if nobody listens there, saying what to check.
  explicit Client(const std::filesystem::path& runtime_dir);

  /// The result. Throws Failure for an error that the daemon answers, and when there is no answer within `patience`.
  boost::json::value call(std::string_view method, const boost::json::object& params, Micros patience);

 private:
  std::string exchange(const std::string& request, std::string_view method, Micros patience);

  zmq::context_t context_;
  zmq::socket_t socket_;
  std::int64_t id_ = 0;
};

/// The event feed.
class Feed {
 public:
  struct Item {
    std::string topic;
    std::uint64_t number = 0;  ///< counts the events of this topic since the daemon's start
    std::string event;         ///< JSON object
  };

  /// `topics` are beginnings of topics; none: everything.
  Feed(const std::filesystem::path& runtime_dir, const std::vector<std::string>& topics);

  /// The next event; nothing if none came within `patience`.
  std::optional<Item> next(Micros patience);

 private:
  zmq::context_t context_;
  zmq::socket_t socket_;
};

}  // namespace postern::ctl
