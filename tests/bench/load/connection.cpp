// SPDX-License-Identifier: Apache-2.0
#include "load/connection.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace postern::load {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

Connection::Connection(Poller& poller, int socket, Events events)
    : poller_(poller), socket_(socket), events_(std::move(events)) {
  prepare(socket_);
  poller_.add(socket_, EPOLLIN, *this);
}

Connection::~Connection() {
  if (open()) close(socket_);
}

void Connection::send(std::string_view bytes) {
  out_ += bytes;
  flush();
}

void Connection::ready(std::uint32_t events) {
  if (open() && (events & EPOLLOUT) != 0) flush();
  if (open() && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void Connection::read() {
  std::array<char, 65'536> bytes;
  const ssize_t count = recv(socket_, bytes.data(), bytes.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return end();
  in_.append(bytes.data(), static_cast<std::size_t>(count));
  hand_on();
}

void Connection::hand_on() {
  std::size_t used = 0;
  HttpMessage message;
  while (open()) {
    const auto framing = read_http(std::string_view(in_).substr(used), message);
    if (framing == Framing::broken) return end();
    if (framing == Framing::partial) break;
    used += message.size;
    const bool last = !message.keep_alive;
    events_.message(message);
    if (last && open()) return end();
  }
  in_.erase(0, used);
}

void Connection::flush() {
  std::size_t sent = 0;
  while (open() && sent < out_.size()) {
    const ssize_t count = ::send(socket_, out_.data() + sent, out_.size() - sent, MSG_NOSIGNAL);
    if (count < 0) break;  // no room, or an end that reading will see
    sent += static_cast<std::size_t>(count);
  }
  out_.erase(0, sent);
  if (open() && writing_ == out_.empty()) {
    writing_ = !out_.empty();
    poller_.change(socket_, writing_ ? EPOLLIN | EPOLLOUT : EPOLLIN, *this);
  }
}

void Connection::end() {
  close(socket_);
  socket_ = -1;
  events_.closed();
}

int connect_to(std::uint16_t port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  if (connect(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return made;
  close(made);
  return -1;
}

int listen_at(std::uint16_t port) {
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const sockaddr_in address = loopback(port);
  if (bind(made, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(made, SOMAXCONN) != 0)
    throw std::system_error(errno, std::generic_category(), "cannot listen at port " + std::to_string(port));
  return made;
}

void prepare(int socket) {
  const int yes = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(socket, F_SETFL, O_NONBLOCK);
}

}  // namespace postern::load
