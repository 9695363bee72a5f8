// SPDX-License-Identifier: Apache-2.0
// The platform's side that answers arrive at: its Send API, and the profile of whoever is asked for.
#pragma once
#include <memory>
#include <unordered_map>
#include <vector>

#include "load/books.hpp"
#include "load/connection.hpp"
#include "load/options.hpp"

namespace postern::load {

class GraphPeer final : public Waiter {
 public:
  /// Listens at once. Throws std::system_error if it cannot.
  GraphPeer(const Options& options, Poller& poller, Books& books);
  ~GraphPeer() override;

  /// Connections come.
  void ready(std::uint32_t events) override;
  /// Forgets the connections that have ended. Between two waits.
  void bury();

 private:
  void answer(Connection& connection, const HttpMessage& request);
  bool take_send(std::string_view body);

  Poller& poller_;
  Books& books_;
  const int error_every_;
  const int listener_;
  std::int64_t sends_ = 0;
  std::unordered_map<Connection*, std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> ended_;
};

}  // namespace postern::load
