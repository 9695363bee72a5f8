// SPDX-License-Identifier: Apache-2.0
// A peer on loopback that sends exactly the bytes it is told to, well-formed or not.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace postern::gateway::test {

struct Reply {
  int status = 0;  ///< 0: the peer closed the connection instead, or nothing came in time
  std::string head, body;
  bool has(std::string_view line) const { return head.find(line) != std::string::npos; }
};

class Client {
 public:
  explicit Client(std::uint16_t port) : Client() { connect(port); }
  Client() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) throw std::runtime_error("no socket");
  }
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)), bytes_(std::move(other.bytes_)) {}
  ~Client() {
    if (socket_ >= 0) ::close(socket_);
  }

  void connect(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
  }

  int fd() const { return socket_; }

  /// False once the peer has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  /// The head of one response whose body does not follow, as after HEAD.
  Reply read_head(std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    Reply reply;
    const auto end = std::chrono::steady_clock::now() + patience;
    std::size_t head_end;
    while ((head_end = bytes_.find("\r\n\r\n")) == std::string::npos)
      if (!more(end)) return reply;
    reply.head = bytes_.substr(0, head_end + 2);
    bytes_.erase(0, head_end + 4);
    reply.status = std::atoi(&reply.head[9]);
    return reply;
  }

  /// One response, as its Content-Length says; interim ones (1xx) are responses too.
  Reply read(std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    auto reply = read_head(patience);
    const auto length_at = reply.head.find("Content-Length: ");
    const auto length = length_at == std::string::npos ? 0 : std::strtoul(&reply.head[length_at + 16], nullptr, 10);
    while (bytes_.size() < length)
      if (!more(end)) return {};
    reply.body = bytes_.substr(0, length);
    bytes_.erase(0, length);
    return reply;
  }

  Reply ask(std::string_view request) {
    send(request);
    return read();
  }

  /// The peer ends the connection, without a reset, and sends nothing more before.
  bool closed(std::chrono::milliseconds patience = std::chrono::seconds(8)) {
    const auto end = std::chrono::steady_clock::now() + patience;
    while (more(end)) continue;
    return at_end_ && bytes_.empty();
  }

 private:
  bool more(std::chrono::steady_clock::time_point end) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()).count();
    pollfd poll{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&poll, 1, static_cast<int>(left)) <= 0) return false;
    char buffer[16384];
    const auto n = ::recv(socket_, buffer, sizeof buffer, 0);
    if (n == 0) at_end_ = true;
    if (n > 0) bytes_.append(buffer, static_cast<std::size_t>(n));
    return n > 0;
  }

  int socket_;
  bool at_end_ = false;
  std::string bytes_;
};

}  // namespace postern::gateway::test
