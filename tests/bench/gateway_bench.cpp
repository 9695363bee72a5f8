// SPDX-License-Identifier: Apache-2.0
// What a webhook costs the gateway: a child process posts signed bodies of 600 bytes on keep-alive connections, one
// request at a time each; the gateway verifies them and a stand-in for the broker answers 200 in bursts.
//
//     gateway_bench [requests] [connections]
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <condition_variable>
#include <thread>

#include "unit/gateway/rig.hpp"

namespace postern::gateway {
namespace {

using Seconds = std::chrono::duration<double>;

/// Collects ids and answers all that wait at once, as a group commit does.
class Broker {
 public:
  explicit Broker(Gateway*& gateway) : gateway_(gateway), thread_([this] { run(); }) {}
  ~Broker() {
    {
      std::lock_guard lock(mutex_);
      ended_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  void take(WebhookId id) {
    bool first;
    {
      std::lock_guard lock(mutex_);
      first = waiting_.empty();
      waiting_.push_back({id, 200});
    }
    if (first) wake_.notify_one();
  }

 private:
  void run() {
    std::vector<Answer> answers;
    while (true) {
      answers.clear();
      {
        std::unique_lock lock(mutex_);
        wake_.wait(lock, [&] { return ended_ || !waiting_.empty(); });
        if (ended_) return;
        answers.swap(waiting_);
      }
      gateway_->answer(answers);
    }
  }

  Gateway*& gateway_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Answer> waiting_;
  bool ended_ = false;
  std::thread thread_;
};

/// The child: exits 0 when all responses were 200.
int load(std::uint16_t port, std::size_t requests, std::size_t connections) {
  const auto request = test::signed_post(std::string(600, 'x'));
  constexpr std::string_view kReply = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const int epoll = ::epoll_create1(0);
  std::vector<test::Client> clients;
  for (std::size_t i = 0; i < connections; ++i) {
    clients.emplace_back(port);
    epoll_event event{.events = EPOLLIN, .data = {.fd = clients.back().fd()}};
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, clients.back().fd(), &event);
    clients.back().send(request);
  }
  std::size_t sent = connections;
  for (std::size_t done = 0; done < requests;) {
    epoll_event events[256];
    const int n = ::epoll_wait(epoll, events, 256, 10'000);
    if (n <= 0) return 1;
    for (int i = 0; i < n; ++i) {
      char buffer[256];
      const auto got = ::recv(events[i].data.fd, buffer, sizeof buffer, 0);
      if (got < 0 || std::string_view(buffer, static_cast<std::size_t>(got)) != kReply) return 1;
      ++done;
      if (sent++ < requests) ::send(events[i].data.fd, request.data(), request.size(), MSG_NOSIGNAL);
    }
  }
  return 0;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int run(std::size_t requests, std::size_t connections) {
  int to_child[2];
  if (::pipe(to_child) != 0) return 1;
  const auto child = ::fork();
  if (child == 0) {
    std::uint16_t port = 0;
    if (::read(to_child[0], &port, sizeof port) != sizeof port) ::_exit(1);
    ::_exit(load(port, requests, connections));
  }
  Counters counters;
  Gateway* gateway = nullptr;
  Broker broker(gateway);
  Gateway made(
      "127.0.0.1", 0, Limits{}, Endpoints::make(test::endpoints()).value(),
      [&](WebhookId id, VerifiedBody&&) { return broker.take(id), true; }, counters);
  gateway = &made;
  made.start();
  const auto port = made.port();
  const auto cpu = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  if (::write(to_child[1], &port, sizeof port) != sizeof port) return 1;
  int status = 1;
  ::waitpid(child, &status, 0);
  const Seconds took = std::chrono::steady_clock::now() - begin;
  const auto used = cpu_seconds() - cpu;
  const auto count = static_cast<double>(requests);
  fmt::print("{} requests on {} connections: {:.0f} req/s, {:.1f} us of CPU each{}\n", requests, connections,
             count / took.count(), used / count * 1e6, status == 0 ? "" : "; FAILED: not all were answered 200");
  made.stop();
  return status == 0 ? 0 : 1;
}

}  // namespace
}  // namespace postern::gateway

int main(int argc, char** argv) {
  const auto number = [&](int at, std::size_t other) {
    return argc > at ? std::strtoul(argv[at], nullptr, 10) : other;
  };
  return postern::gateway::run(number(1, 300'000), number(2, 64));
}
