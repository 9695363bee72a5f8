// SPDX-License-Identifier: Apache-2.0
// Parts that have left the outbox: what a late echo, or the news that one was not delivered, is about.
#pragma once
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "core/row.hpp"

namespace postern::core {

/// The newest 20,000, by the part's id and by a digest of the name that the platform gave its message.
class SentBook {
 public:
  struct Sent {
    std::int64_t sequence = 0, key = kNone, turn = kNone;  ///< Part::sequence, Part::key; the turn that it answered
    Id message{}, event_id{};                              ///< event_id, received, deadline: of that turn
    Micros received = 0, deadline = 0;
  };

  void keep(const Id& part, const Sent& sent);
  /// Null: it was never sent, or long ago. Good until the next keep().
  const Sent* find(const std::optional<Id>& part) const;

  void keep_name(std::int64_t name, std::int64_t sequence);
  std::optional<std::int64_t> sequence_of(std::int64_t name) const;

 private:
  std::unordered_map<Id, Sent> parts_;
  std::deque<Id> parts_order_;
  std::unordered_map<std::int64_t, std::int64_t> names_;
  std::deque<std::int64_t> names_order_;
};

}  // namespace postern::core
