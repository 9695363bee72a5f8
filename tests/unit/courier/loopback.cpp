// SPDX-License-Identifier: Apache-2.0
#include "unit/courier/loopback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace postern::test {
namespace {

int listen_on_free_port(int& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(listener, plain, size) != 0 || listen(listener, 512) != 0 || getsockname(listener, plain, &size) != 0)
    throw std::runtime_error("cannot listen on loopback");
  port = ntohs(address.sin_port);
  return listener;
}

bool readable(int socket) {
  pollfd one{socket, POLLIN, 0};
  return poll(&one, 1, 20) > 0;
}

void close_with_reset(int socket) {
  const linger none{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(socket);
}

std::size_t content_length(const std::string& head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
}

/// Takes one whole request off the front of `buffer`.
bool take(std::string& buffer, Loopback::Seen& seen) {
  const auto end = buffer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  seen.head = buffer.substr(0, end + 2);
  const auto length = content_length(seen.head);
  if (buffer.size() < end + 4 + length) return false;
  seen.body = buffer.substr(end + 4, length);
  buffer.erase(0, end + 4 + length);
  return true;
}

}  // namespace

std::string answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         headers + "\r\n" + body;
}

int closed_port() {
  int port = 0;
  close(listen_on_free_port(port));
  return port;
}

Loopback::Loopback(Script script, bool reset_on_accept)
    : script_(std::move(script)), reset_on_accept_(reset_on_accept), listener_(listen_on_free_port(port_)) {
  thread_ = std::thread([this] { accept_loop(); });
}

Loopback::~Loopback() {
  stopping_ = true;
  thread_.join();
  for (auto& one : served_) one.join();
  close(listener_);
}

std::vector<Loopback::Seen> Loopback::seen() const {
  std::lock_guard lock(mutex_);
  return seen_;
}

void Loopback::accept_loop() {
  while (!stopping_) {
    if (!readable(listener_)) continue;
    const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    const int connection = ++connections_;
    if (reset_on_accept_) {
      for (int i = 0; i < 100 && !readable(socket); ++i) continue;
      close_with_reset(socket);
    } else {
      served_.emplace_back([this, socket, connection] { serve(socket, connection); });
    }
  }
}

void Loopback::serve(int socket, int connection) {
  std::string buffer;
  Seen seen{"", "", connection, 0};
  while (!stopping_) {
    if (!take(buffer, seen)) {
      if (!readable(socket)) continue;
      char bytes[16384];
      const auto got = recv(socket, bytes, sizeof bytes, 0);
      if (got <= 0) break;
      buffer.append(bytes, static_cast<std::size_t>(got));
      continue;
    }
    ++seen.nth;
    {
      std::lock_guard lock(mutex_);
      seen_.push_back(seen);
    }
    const auto reaction = script_(seen);
    for (auto left = reaction.delay; left.count() > 0 && !stopping_; left -= std::chrono::milliseconds(10))
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (!reaction.answer.empty()) send(socket, reaction.answer.data(), reaction.answer.size(), MSG_NOSIGNAL);
    if (reaction.after == Reaction::After::reset) return close_with_reset(socket);
    if (reaction.after == Reaction::After::close) break;
  }
  close(socket);
}

}  // namespace postern::test
