// SPDX-License-Identifier: Apache-2.0
// The sockets for local tools. Lives on the broker's thread, which polls socket() and calls receive().
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "control/backend.hpp"
#include "control/request.hpp"
#include "control/roles.hpp"

namespace postern::control {

class Control final : public Outlet {
 public:
  /// "user:<32 hex>" of a local user, interned: employees stand in the record under pseudonyms.
  using Actor = std::function<std::string_view(std::uint32_t uid)>;

  /// Binds `control` and `events` in the folder; throws std::runtime_error if it cannot.
  Control(zmq::context_t& context, const std::filesystem::path& folder, Backend& backend, Actor actor, Roles roles);
  /// A new configuration: holds from the next request on. True if it is another than before.
  bool replace(Roles roles) { return !(std::exchange(roles_, std::move(roles)) == roles_); }

  void* socket() { return control_.handle(); }
  /// Takes requests that wait, not more than a hundred: the socket stays readable if there are more.
  void receive();

  void reply(core::Reply&& reply) override;
  void publish(const core::Publish& event) override;

  /// The feed's socket, to be polled as well: who listens says so there. Nobody does most of the time, and then an
  /// event costs nothing.
  void* events_socket() { return events_.handle(); }
  void hear_subscriptions();

 private:
  struct Waiting {
    std::vector<std::string> envelope;  ///< routing frames, to be sent back in front of the answer
    std::string id;
    std::optional<core::Record> then = std::nullopt;  ///< what the record says of the answer
  };
  void take(std::vector<zmq::message_t>& frames);
  /// The answer to one who may not; empty: may.
  std::string refusal(const Request& request, Caller caller) const;
  /// The answer's JSON text if it is there at once; empty if it comes later.
  std::string dispatch(const Request& request, std::string_view actor, std::vector<std::string>& envelope);
  // Both: false if the other side is busy. The answer comes as reply() with the number.
  bool query(const Request& request, std::string_view actor, std::uint64_t number);
  bool command(const Request& request, std::string_view text, std::string_view actor, std::uint64_t number);
  std::uint64_t wait(const Request& request, std::vector<std::string>& envelope);
  void send(const std::vector<std::string>& envelope, std::string_view text);

  Backend& backend_;
  const Actor actor_;
  Roles roles_;
  zmq::socket_t control_, events_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Waiting> waiting_;
  std::set<std::string> wanted_;                               ///< topics that somebody has subscribed to
  std::string topic_;                                          ///< of the event at hand; kept for its memory
  std::map<std::string, std::uint64_t, std::less<>> numbers_;  ///< events published, by topic
};

}  // namespace postern::control
