// SPDX-License-Identifier: Apache-2.0
// Time, and the wait for sockets. All of postern-load is one thread.
#pragma once
#include <sys/epoll.h>

#include <cstdint>

namespace postern::load {

/// Seconds of the monotonic clock.
using Seconds = double;
Seconds now();

/// What waits for a socket.
class Waiter {
 public:
  virtual ~Waiter() = default;
  /// The socket has one of the events of epoll(7).
  virtual void ready(std::uint32_t events) = 0;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// `waiter` must live until the socket is closed and the wait that saw its last event has returned.
  void add(int socket, std::uint32_t events, Waiter& waiter);
  void change(int socket, std::uint32_t events, Waiter& waiter);
  /// Hands on what is ready; returns at `until` at the latest.
  void wait(Seconds until);

 private:
  int epoll_ = -1;
};

}  // namespace postern::load
