// SPDX-License-Identifier: Apache-2.0
// One TCP connection that messages go over, in both directions.
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "load/http.hpp"
#include "load/poller.hpp"

namespace postern::load {

class Connection final : public Waiter {
 public:
  struct Events {
    std::function<void(const HttpMessage&)> message;  ///< one has come, whole
    std::function<void()> closed;                     ///< the other side has gone, or spoke no HTTP; told once
  };

  /// Takes over a connected socket.
  Connection(Poller& poller, int socket, Events events);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool open() const { return socket_ >= 0; }
  /// Writes now what the kernel takes and the rest later.
  void send(std::string_view bytes);
  void ready(std::uint32_t events) override;

 private:
  void read();
  void hand_on();
  void flush();
  void end();

  Poller& poller_;
  int socket_;
  const Events events_;
  std::string in_, out_;
  bool writing_ = false;  // epoll tells when there is room
};

/// A socket that is connected to a port on loopback, or −1.
int connect_to(std::uint16_t port);
/// A socket that listens at a port on loopback. Throws std::system_error.
int listen_at(std::uint16_t port);
/// Sends small messages at once, and makes no call on the socket wait.
void prepare(int socket);

}  // namespace postern::load
