// SPDX-License-Identifier: Apache-2.0
// What a log host receives, over each way.
#include "publish/syslog.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>

#include "catch.hpp"

using namespace postern;
using namespace postern::publish;

namespace {

/// A socket of ours on loopback, and the port that the kernel has given it.
struct Host {
  explicit Host(int type) : fd(::socket(AF_INET, type, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
    if (type == SOCK_STREAM) REQUIRE(::listen(fd, 1) == 0);
    REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = std::to_string(ntohs(address.sin_port));
  }
  ~Host() { ::close(fd); }
  int fd;
  std::string port;
};

std::string received(int fd) {
  char buffer[4096];
  const auto size = ::recv(fd, buffer, sizeof buffer, 0);
  return {buffer, size > 0 ? static_cast<std::size_t>(size) : 0};
}

}  // namespace

TEST_CASE("a message to a log host is one of RFC 5424") {
  const auto message = syslog_message(1'767'225'600'000'000, "origin=o size=3 note=bm90ZQ==");
  CHECK(message.starts_with("<109>1 2026-01-01T00:00:00.000Z "));
  CHECK(message.ends_with(" postern " + std::to_string(::getpid()) + " checkpoint - origin=o size=3 note=bm90ZQ=="));
}

TEST_CASE("a log host is reached over UDP, and over TCP with the message's length before it") {
  const Host udp(SOCK_DGRAM), tcp(SOCK_STREAM);
  REQUIRE(send_syslog("udp:127.0.0.1:" + udp.port, "<109>1 over UDP"));
  CHECK(received(udp.fd) == "<109>1 over UDP");
  REQUIRE(send_syslog("tcp:127.0.0.1:" + tcp.port, "<109>1 over TCP"));
  const int accepted = ::accept(tcp.fd, nullptr, nullptr);
  CHECK(received(accepted) == "15 <109>1 over TCP");
  ::close(accepted);
}

TEST_CASE("a local log is reached by its socket, and one that is not there is named") {
  std::string folder = (std::filesystem::temp_directory_path() / "postern-log-XXXXXX").string();
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const auto path = folder + "/log";
  const auto missing = send_syslog("unix:" + path, "nobody");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what.find(path) != std::string::npos);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(send_syslog("unix:" + path, "here"));
  CHECK(received(fd) == "here");
  ::close(fd);
  std::filesystem::remove_all(folder);
}

TEST_CASE("places of log hosts are checked before anything is sent") {
  for (const auto* good : {"unix:/dev/log", "udp:loghost:514", "tcp:10.0.0.1:601", "udp:[::1]:514"})
    CHECK(is_syslog_place(good));
  for (const auto* bad : {"", "unix:", "unix:log", "udp:loghost", "udp::514", "tcp:h:", "http:h:1", "loghost:514"})
    CHECK_FALSE(is_syslog_place(bad));
}
