// SPDX-License-Identifier: Apache-2.0
#include "service/signals.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>

namespace postern::service {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  bell_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

Signals::~Signals() {
  ::close(signals_);
  ::close(bell_);
}

Signals::What Signals::wait(Micros within) {
  pollfd items[] = {{signals_, POLLIN, 0}, {bell_, POLLIN, 0}};
  ::poll(items, 2, static_cast<int>(within / kMilli));
  std::uint64_t count = 0;
  (void)!::read(bell_, &count, sizeof count);
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) != sizeof info) return What::nothing;
  return info.ssi_signo == SIGHUP ? What::reload : What::stop;
}

void Signals::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(bell_, &one, sizeof one);
}

}  // namespace postern::service
