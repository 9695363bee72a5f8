// SPDX-License-Identifier: Apache-2.0
// What the other threads hand to the broker: a mailbox each, one bell for all.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/mailbox.hpp"
#include "core/input.hpp"
#include "courier/errand.hpp"
#include "gateway/gateway.hpp"

namespace postern::broker {

/// An eventfd: rung by anybody, heard by a poll.
class Bell {
 public:
  Bell();
  ~Bell();
  Bell(const Bell&) = delete;
  Bell& operator=(const Bell&) = delete;
  void ring() const;
  void quiet() const;
  int descriptor() const { return fd_; }

 private:
  int fd_;
};

struct Webhook {
  gateway::WebhookId id{};
  gateway::VerifiedBody body;
};

struct CommittedBatch {
  std::uint64_t number = 0;
  std::int64_t last_index = core::kNone;
};

class Inbox {
 public:
  Inbox();

  /// The gateway's thread. False: full, by number or by bytes, or the ledger has no room.
  bool put(gateway::WebhookId id, gateway::VerifiedBody&& body);
  /// Set from the writer's `admit`, so that a webhook is refused where it arrives.
  std::atomic<bool> admits{true};

  Bell bell;
  Mailbox<Webhook> webhooks;
  Mailbox<gateway::DeletionCall> deletions;
  Mailbox<courier::Delivery> deliveries;
  Mailbox<CommittedBatch> commits;
  Mailbox<core::Loaded> loaded;
  /// Work for the broker's thread from anybody: answers of the reader, a new configuration, the end.
  Mailbox<std::function<void()>> work;

  /// A webhook has been taken out, with so many bytes.
  void taken(std::size_t bytes) { waiting_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> waiting_bytes_{0};
};

}  // namespace postern::broker
