// SPDX-License-Identifier: Apache-2.0
// All plugins: starts them, asks them, watches over them. Lives on the broker's thread and owns the ROUTER `hosts`.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>
#include <zmq.hpp>

#include "bus/session.hpp"

namespace postern::bus {

class Hosts {
 public:
  /// Gets each ended call, on the calling thread of receive(), watch() or call().
  using Receiver = std::function<void(Done&&)>;
  /// A plugin came up, crashed or hung: for the log and the record. `what` is "loaded", "crashed" or "hung".
  using Witness = std::function<void(const Session&, std::string_view what, const std::string& why)>;

  struct Places {
    std::string socket;                  ///< path of the ipc socket for hosts that are no threads of ours
    std::filesystem::path host_program;  ///< postern-plugin-host
  };

  /// Binds; throws std::runtime_error if it cannot. Starts nothing yet.
  Hosts(zmq::context_t& context, Places places, HostLimits limits, Receiver receiver, Witness witness);
  ~Hosts();

  /// A plugin to run from now on. Before start().
  void add(HostSpec spec);
  /// Replaces a section's configuration: its host ends after what is open and starts anew.
  void replace(HostSpec spec);

  /// Asks; the answer comes through the receiver. A section that is not there answers `crashed`.
  void call(std::string_view section, Call call);
  bool has(std::string_view section) const { return sessions_.contains(std::string(section)); }
  /// Does the section serve calls now?
  bool serves(std::string_view section) const;
  /// Does every plugin serve that the daemon runs itself? External ones come when they like.
  bool all_ready() const;

  /// For the poll: the socket, and a descriptor for each child.
  void poll_items(std::vector<zmq_pollitem_t>& items);
  /// Takes all frames that wait.
  void receive(Micros now);
  /// Starts, deadlines, ended children. `now` is boot time.
  void watch(Micros now);
  /// When watch() is wanted again, boot time.
  Micros next_due(Micros now) const;

  std::vector<HostStatus> status() const;
  /// Says bye to all and waits for them; whoever is not gone after `grace` is killed.
  void stop(Micros grace);

 private:
  static constexpr const char* kInproc = "inproc://hosts";
  static constexpr const char* kLeft = "its process has ended";

  // Frames: hosts.cpp.
  bool take(zmq::message_t& route);
  void hello(zmq::message_t&& route, Micros now);
  void heard(Session& session, Micros now);
  std::optional<Call> closed(Session& session, Micros now);
  void send_calls(Session& session, Micros now);
  Session* by_route(const zmq::message_t& route);
  void send(const zmq::message_t& route, std::initializer_list<std::string_view> frames);
  void refuse(const zmq::message_t& route, std::string_view reason);

  // Life: supervision.cpp.
  void start(Session& session, Micros now);
  void start_thread(Session& session);
  void crashed(Session& session, std::string why, Micros now);
  void hung(Session& session, Function function, Micros now);
  void watch(Session& session, Micros now);

  zmq::context_t& context_;
  const Places places_;
  const HostLimits limits_;
  const Receiver receiver_;
  const Witness witness_;
  zmq::socket_t socket_;
  std::unordered_map<std::string, std::unique_ptr<Session>> sessions_;
  std::unordered_map<std::string, Session*> routes_;
  std::vector<zmq::message_t> frames_;  ///< of the message that is being read
};

}  // namespace postern::bus
