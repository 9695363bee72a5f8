// SPDX-License-Identifier: Apache-2.0
#include "broker/inbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <stdexcept>

namespace postern::broker {
namespace {

constexpr std::size_t kWebhooks = 1024, kDeletions = 256, kWebhookBytes = 64u << 20, kResults = 1u << 16;

}  // namespace

Bell::Bell() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::runtime_error("cannot make an eventfd: too many open files?");
}
Bell::~Bell() {
  ::close(fd_);
}
void Bell::ring() const {
  const std::uint64_t one = 1;
  (void)!::write(fd_, &one, sizeof one);
}
void Bell::quiet() const {
  std::uint64_t count = 0;
  (void)!::read(fd_, &count, sizeof count);
}

Inbox::Inbox()
    : webhooks(kWebhooks, [this] { bell.ring(); }),
      deletions(kDeletions, [this] { bell.ring(); }),
      deliveries(kResults, [this] { bell.ring(); }),
      commits(kResults, [this] { bell.ring(); }),
      loaded(kResults, [this] { bell.ring(); }),
      work(kResults, [this] { bell.ring(); }) {}

bool Inbox::put(gateway::WebhookId id, gateway::VerifiedBody&& body) {
  const std::size_t size = body.body().size();
  if (!admits.load(std::memory_order_relaxed)) return false;
  if (waiting_bytes_.load(std::memory_order_relaxed) + size > kWebhookBytes) return false;
  waiting_bytes_.fetch_add(size, std::memory_order_relaxed);
  if (webhooks.put({id, std::move(body)})) return true;
  taken(size);
  return false;
}

}  // namespace postern::broker
