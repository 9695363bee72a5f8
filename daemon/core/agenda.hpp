// SPDX-License-Identifier: Apache-2.0
// What waits for time: a heap of instants. An entry that no longer holds is not taken out; who gets it looks whether
// the thing it names still waits for that instant.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <vector>

#include "base/clock.hpp"

namespace postern::core {

class Agenda {
 public:
  enum class What : std::uint8_t {
    turn,
    part,
    timer,
    lookup,
    account,
    listing,
    medium,
    media_wait,
    shred,
    erasure,
    retention,
    approval
  };
  struct Entry {
    Micros due;
    What what;
    std::int64_t key;
    auto tie() const { return std::tie(due, what, key); }
    bool operator>(const Entry& other) const { return tie() > other.tie(); }
  };

  void add(Micros due, What what, std::int64_t key) {
    entries_.push_back({due, what, key});
    std::push_heap(entries_.begin(), entries_.end(), std::greater<>());
  }
  /// The next entry that is due, taken out.
  std::optional<Entry> take(Micros now) {
    if (entries_.empty() || entries_.front().due > now) return std::nullopt;
    std::pop_heap(entries_.begin(), entries_.end(), std::greater<>());
    const Entry entry = entries_.back();
    entries_.pop_back();
    return entry;
  }
  Micros next() const { return entries_.empty() ? 0 : entries_.front().due; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace postern::core
