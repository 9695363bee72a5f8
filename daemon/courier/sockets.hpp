// SPDX-License-Identifier: Apache-2.0
// The sockets of all transfers, and the wait for them. The courier's thread only, except for wake().
//
// libcurl says for each request that it wants to read a socket, and a moment later that it no longer does. Told to the
// kernel each time that would be two system calls a request. So a socket stays registered while its connection idles,
// and is taken out only if the kernel reports something that nobody wants to know. This needs to know when a socket
// opens and closes, since numbers are given out again: sockets that libcurl makes behind our back (its resolver's
// pipes) are registered and taken out at once.
#pragma once
#include <sys/epoll.h>
#include <sys/socket.h>

#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.hpp"

namespace postern::courier {

class Sockets {
 public:
  Sockets();
  ~Sockets();
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;

  /// socket(2), close-on-exec; -1 on failure.
  int open(int family, int type, int protocol);
  int close(int socket);
  /// What to wait for: EPOLLIN, EPOLLOUT, both, or 0.
  void want(int socket, std::uint32_t events);
  /// Waits at most `longest` (rounded up to ms). What came, for sockets that are wanted; valid until the next call.
  std::span<const epoll_event> wait(Micros longest);
  /// Whether a socket of an earlier wait is still wanted: what was done since may have closed it.
  bool wanted(int socket) const;
  /// Ends this wait or the next. Any thread.
  void wake();

  /// How many were opened so far. Any thread.
  std::uint64_t opened() const { return opened_.load(std::memory_order_relaxed); }

 private:
  struct State {
    std::uint32_t registered = 0, wanted = 0;
    bool ours = false;  // open() made it and close() will tell its end
  };

  State& state(int socket);
  void enter(int socket, State& state, std::uint32_t events);

  const int epoll_;
  const int bell_;  // eventfd
  std::atomic<std::uint64_t> opened_{0};
  std::vector<State> states_;  // by socket
  std::vector<epoll_event> events_;
};

}  // namespace postern::courier
