// SPDX-License-Identifier: Apache-2.0
// How two threads of the daemon hand things over: a bounded queue and the receiver's own wake-up.
#pragma once
#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace postern {

/// Many senders, one receiver. `ring` is called by a sender, at most once between two drains, outside the lock: it
/// writes an eventfd, posts to an io_context, wakes a curl multi handle. A full box refuses; nothing waits.
template <typename T>
class Mailbox {
 public:
  Mailbox(std::size_t capacity, std::function<void()> ring) : capacity_(capacity), ring_(std::move(ring)) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  /// Any thread. False when the box is full; `item` is then untouched.
  [[nodiscard]] bool put(T&& item) {
    {
      std::lock_guard lock(mutex_);
      if (items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    if (!rung_.exchange(true, std::memory_order_acq_rel)) ring_();
    return true;
  }

  /// The receiver: takes all that waits, in order, into `out` (which is cleared). True if there was anything.
  bool drain(std::vector<T>& out) {
    out.clear();
    rung_.store(false, std::memory_order_release);
    std::lock_guard lock(mutex_);
    out.swap(items_);
    return !out.empty();
  }

  std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  const std::size_t capacity_;
  const std::function<void()> ring_;
  std::atomic<bool> rung_{false};
  mutable std::mutex mutex_;
  std::vector<T> items_;
};

}  // namespace postern
