// SPDX-License-Identifier: Apache-2.0
#include "courier/sockets.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace postern::courier {
namespace {

constexpr std::size_t kEventsAtOnce = 256;

int made(int descriptor) {
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "the courier cannot make its epoll set");
  return descriptor;
}

}  // namespace

Sockets::Sockets()
    : epoll_(made(epoll_create1(EPOLL_CLOEXEC))),
      bell_(made(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))),
      events_(kEventsAtOnce) {
  auto& bell = state(bell_);
  enter(bell_, bell, EPOLLIN | EPOLLET);  // edge-triggered: it need not be read
  made(bell.registered == 0 ? -1 : bell_);
}

Sockets::~Sockets() {
  ::close(bell_);
  ::close(epoll_);
}

int Sockets::open(int family, int type, int protocol) {
  const int socket = ::socket(family, type | SOCK_CLOEXEC, protocol);
  if (socket < 0) return socket;
  opened_.fetch_add(1, std::memory_order_relaxed);
  state(socket) = {0, 0, true};
  return socket;
}

int Sockets::close(int socket) {
  state(socket) = {};  // the kernel takes it out of the set
  return ::close(socket);
}

void Sockets::want(int socket, std::uint32_t events) {
  auto& known = state(socket);
  known.wanted = events;
  if (events == known.registered || (events == 0 && known.ours)) return;
  enter(socket, known, events);
}

std::span<const epoll_event> Sockets::wait(Micros longest) {
  const auto milliseconds = static_cast<int>((longest + kMilli - 1) / kMilli);
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  std::size_t kept = 0;
  for (int i = 0; i < count; ++i) {
    const int socket = events_[i].data.fd;
    if (socket == bell_) continue;
    if (auto& known = state(socket); known.wanted == 0) {
      enter(socket, known, 0);  // its peer has closed it, most likely; libcurl looks before it uses it again
    } else {
      events_[kept++] = events_[i];
    }
  }
  return {events_.data(), kept};
}

bool Sockets::wanted(int socket) const {
  return static_cast<std::size_t>(socket) < states_.size() && states_[socket].wanted != 0;
}

void Sockets::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto put = write(bell_, &one, sizeof one);
}

Sockets::State& Sockets::state(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= states_.size()) states_.resize(index + 64);
  return states_[index];
}

void Sockets::enter(int socket, State& state, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  const int change = events == 0 ? EPOLL_CTL_DEL : state.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  // It fails for a pipe of the resolver that is closed before it is taken out, which is as good; or for want of kernel
  // memory, and then the transfer's time limit ends it.
  state.registered = epoll_ctl(epoll_, change, socket, &event) == 0 ? events : 0;
}

}  // namespace postern::courier
