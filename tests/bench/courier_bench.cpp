// SPDX-License-Identifier: Apache-2.0
// What a request costs the courier: N requests, C at once, to a trivial server on loopback that answers after a delay.
//   courier_bench [requests 100000] [at once 64] [delay ms 0] [safe 0|1]
// Prints requests per second and the CPU time of the courier's thread per request.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <unordered_map>

#include "courier/courier.hpp"

namespace {

using namespace postern;
using Steady = std::chrono::steady_clock;

constexpr std::string_view kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-App-Usage: {\"call_count\":1}\r\nDate: Tue, 24 Nov 2026 "
    "00:00:00 GMT\r\nContent-Length: "
    "66\r\n\r\n{\"recipient_id\":\"6712345678901234\",\"message_id\":\"m_0123456789abc\"}";

/// One thread, epoll; a request is whatever ends a read (the courier has one open a connection).
class Server {
 public:
  explicit Server(std::chrono::milliseconds delay) : delay_(delay), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, plain, size) != 0 || listen(listener_, 1024) != 0 || getsockname(listener_, plain, &size) != 0)
      throw std::runtime_error("cannot listen on loopback");
    port_ = ntohs(address.sin_port);
    watch(listener_);
    thread_ = std::thread([this] { run(); });
  }
  ~Server() {
    stopping_ = true;
    thread_.join();
    close(listener_);
    close(epoll_);
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  struct Due {
    Steady::time_point at;
    int socket;
  };

  void watch(int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
  }

  void run() {
    epoll_event events[256];
    while (!stopping_) {
      const int count = epoll_wait(epoll_, events, 256, due_.empty() ? 20 : 1);
      for (int i = 0; i < count; ++i) events[i].data.fd == listener_ ? accept_all() : read(events[i].data.fd);
      for (const auto now = Steady::now(); !due_.empty() && due_.front().at <= now; due_.pop_front())
        send(due_.front().socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    }
  }

  void accept_all() {
    for (int socket; (socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0;) {
      const int on = 1;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      watch(socket);
    }
  }

  void read(int socket) {
    char bytes[4096];
    const auto got = recv(socket, bytes, sizeof bytes, 0);
    if (got <= 0) {
      close(socket);
      return;
    }
    auto& text = partial_[socket];
    text.append(bytes, static_cast<std::size_t>(got));
    if (!whole(text)) return;
    text.clear();
    if (delay_.count() == 0)
      send(socket, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    else
      due_.push_back({Steady::now() + delay_, socket});
  }

  static bool whole(const std::string& text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const auto at = text.find("Content-Length: ");
    const auto length = at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + 16, nullptr, 10);
    return text.size() >= end + 4 + length;
  }

  const std::chrono::milliseconds delay_;
  const int epoll_;
  int listener_ = -1;
  int port_ = 0;
  std::deque<Due> due_;
  std::unordered_map<int, std::string> partial_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

double thread_seconds() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

courier::Errand errand(const std::string& url, bool safe) {
  courier::Errand made;
  made.account = "acme";
  made.base_url = url;
  made.request.method = "POST";
  made.request.path = "/v25.0/me/messages";
  made.request.content_type = "application/json";
  made.request.body =
      R"({"recipient":{"id":"6712345678901234"},"message":{"text":"Thank you, your parcel is on its way."}})";
  made.request.auth.as = courier::Auth::As::bearer;
  made.request.safe = safe;
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, long otherwise) { return argc > i ? std::atol(argv[i]) : otherwise; };
  const long requests = argument(1, 100'000), at_once = argument(2, 64);
  Server server{std::chrono::milliseconds(argument(3, 0))};
  const bool safe = argument(4, 0) != 0;

  courier::Settings settings;
  settings.host_transfers = settings.total_transfers = static_cast<std::size_t>(at_once);
  courier::Credentials credentials;
  credentials.put("acme", "token", Secret(std::string(180, 't')));

  std::counting_semaphore<> places(2 * at_once);  // submitted and not delivered
  std::atomic<long> answered{0}, other{0};
  std::atomic<double> used{0};
  courier::Courier courier(settings, std::make_shared<const courier::Credentials>(std::move(credentials)),
                           [&](std::span<courier::Delivery> ended) {
                             for (const auto& one : ended) ++(one.status == 200 ? answered : other);
                             used = thread_seconds();
                             places.release(static_cast<std::ptrdiff_t>(ended.size()));
                           });
  const auto begin = Steady::now();
  for (long i = 0; i < requests; ++i) {
    places.acquire();
    auto next = errand(server.url(), safe);
    while (!courier.submit(std::move(next))) std::this_thread::yield();
  }
  for (long i = 0; i < 2 * at_once; ++i) places.acquire();
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();

  std::printf(
      "%ld requests, %ld at once: %.0f/s, courier %.1f us CPU a request, %.0f %% of a core, %.1f requests a turn\n",
      requests, at_once, static_cast<double>(requests) / seconds, used * 1e6 / static_cast<double>(requests),
      used / seconds * 100, static_cast<double>(requests) / static_cast<double>(courier.counters().turns));
  return answered == requests && other == 0 ? 0 : 1;
}
