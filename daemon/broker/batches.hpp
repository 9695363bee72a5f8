// SPDX-License-Identifier: Apache-2.0
// What has been decided and is not yet durable, and what must wait for that. Batches commit in order and are never
// undone.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "core/decision.hpp"
#include "ledger/writer.hpp"

namespace postern::broker {

class Batches {
 public:
  /// Carries out what a batch was waiting for.
  using Carry = std::function<void(std::vector<core::Action>&&)>;

  Batches(ledger::Writer& writer, Carry carry) : writer_(writer), carry_(std::move(carry)) {}

  /// Where decisions are added. `once` is carried out by the broker and cleared; the rest goes with flush().
  core::Decision& open() { return open_; }
  /// Hands the open batch to the writer if it has anything and the writer has room.
  void flush();
  /// Four are at the writer: no new work is taken on.
  bool full() const { return waiting_.size() >= ledger::Writer::kOutstanding; }
  bool idle() const { return waiting_.empty() && !open_.needs_commit(); }
  void committed(std::uint64_t number);

 private:
  struct Waiting {
    std::uint64_t number;
    std::vector<core::Action> actions;
  };
  ledger::Writer& writer_;
  const Carry carry_;
  core::Decision open_;
  std::uint64_t next_ = 1;
  std::deque<Waiting> waiting_;
};

}  // namespace postern::broker
