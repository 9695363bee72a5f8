// SPDX-License-Identifier: Apache-2.0
#include "load/poller.hpp"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace postern::load {

Seconds now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
Poller::~Poller() {
  close(epoll_);
}

void Poller::add(int socket, std::uint32_t events, Waiter& waiter) {
  epoll_event event{.events = events, .data = {.ptr = &waiter}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event);
}

void Poller::change(int socket, std::uint32_t events, Waiter& waiter) {
  epoll_event event{.events = events, .data = {.ptr = &waiter}};
  epoll_ctl(epoll_, EPOLL_CTL_MOD, socket, &event);
}

void Poller::wait(Seconds until) {
  // In nanoseconds, for a latency of a millisecond is not to be measured with a clock of milliseconds.
  const Seconds left = std::max(0.0, until - now());
  const timespec within{static_cast<time_t>(left), static_cast<long>((left - std::floor(left)) * 1e9)};
  std::array<epoll_event, 256> events;
  const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &within, nullptr);
  for (int at = 0; at < count; ++at) static_cast<Waiter*>(events[at].data.ptr)->ready(events[at].events);
}

}  // namespace postern::load
