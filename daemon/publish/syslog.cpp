// SPDX-License-Identifier: Apache-2.0
#include "publish/syslog.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace postern::publish {
namespace {

constexpr int kPriority = 13 * 8 + 5;  // log audit, notice
constexpr time_t kPatience = 3;        // seconds

class Socket {
 public:
  Socket(int family, int type) : fd_(::socket(family, type | SOCK_CLOEXEC, 0)) {
    const timeval patience{kPatience, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connect(const sockaddr* address, socklen_t size) const { return ::connect(fd_, address, size) == 0; }
  bool send(std::string_view bytes) const {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

 private:
  const int fd_;
};

tl::unexpected<Error> cannot_reach(const std::string& place) {
  return failure("cannot send to " + place + ": " + std::strerror(errno), "does the log host listen there?");
}

struct Place {
  std::string_view way, host, port;  ///< host: of unix the path
};

Place parse(std::string_view text) {
  const auto colon = text.find(':');
  Place place{text.substr(0, colon), colon == text.npos ? "" : text.substr(colon + 1), {}};
  if (place.way == "unix") return place;
  const auto last = place.host.rfind(':');
  if (last == place.host.npos) return {};
  place.port = place.host.substr(last + 1);
  place.host = place.host.substr(0, last);
  if (place.host.starts_with('[') && place.host.ends_with(']'))
    place.host = place.host.substr(1, place.host.size() - 2);
  return place;
}

Result<void> send_local(const std::string& place, std::string_view path, std::string_view message) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const Socket socket(AF_UNIX, SOCK_DGRAM);
  if (!socket.connect(reinterpret_cast<const sockaddr*>(&address), sizeof address) || !socket.send(message))
    return cannot_reach(place);
  return {};
}

Result<void> send_to_host(const std::string& text, const Place& place, std::string_view message) {
  const int type = place.way == "tcp" ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo wanted{};
  wanted.ai_socktype = type;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(std::string(place.host).c_str(), std::string(place.port).c_str(), &wanted, &found);
  if (code != 0) return failure("cannot send to " + text + ": " + ::gai_strerror(code), "check the name");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> all(found, ::freeaddrinfo);
  const std::string counted = type == SOCK_STREAM ? std::to_string(message.size()) + " " : "";
  for (const auto* at = all.get(); at != nullptr; at = at->ai_next) {
    const Socket socket(at->ai_family, type);
    if (socket.connect(at->ai_addr, at->ai_addrlen) && socket.send(counted + std::string(message))) return {};
  }
  return cannot_reach(text);
}

}  // namespace

std::string syslog_message(Micros wall, std::string_view text) {
  char host[256] = "-";
  ::gethostname(host, sizeof host - 1);
  return "<" + std::to_string(kPriority) + ">1 " + rfc3339(wall) + " " + host + " postern " +
         std::to_string(::getpid()) + " checkpoint - " + std::string(text);
}

bool is_syslog_place(std::string_view text) {
  const auto place = parse(text);
  if (place.way == "unix") return place.host.starts_with('/') && place.host.size() < sizeof(sockaddr_un::sun_path);
  return (place.way == "udp" || place.way == "tcp") && !place.host.empty() && !place.port.empty();
}

Result<void> send_syslog(const std::string& text, std::string_view message) {
  const auto place = parse(text);
  if (place.way == "unix") return send_local(text, place.host, message);
  return send_to_host(text, place, message);
}

}  // namespace postern::publish
