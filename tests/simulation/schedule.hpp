// SPDX-License-Identifier: Apache-2.0
// Virtual time: what happens when. Nothing waits; time jumps to the next thing that is due.
#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"

namespace postern::simulation {

class Schedule {
 public:
  using Act = std::function<void()>;

  Micros time() const { return time_; }
  void after(Micros delay, Act act) {
    entries_.push_back({time_ + std::max<Micros>(delay, 0), next_++, std::move(act)});
    std::push_heap(entries_.begin(), entries_.end());
  }
  /// Does the next thing; false when there is none until then.
  bool step(Micros until) {
    if (entries_.empty() || entries_.front().due > until) return false;
    std::pop_heap(entries_.begin(), entries_.end());
    const Entry entry = std::move(entries_.back());
    entries_.pop_back();
    time_ = entry.due;
    entry.act();
    return true;
  }

 private:
  struct Entry {
    Micros due;
    std::uint64_t number;  ///< what is due at one instant happens in the order in which it was asked for
    Act act;
    bool operator<(const Entry& other) const { return due != other.due ? due > other.due : number > other.number; }
  };
  std::vector<Entry> entries_;
  Micros time_ = 0;
  std::uint64_t next_ = 0;
};

/// The machine's two clocks over virtual time.
class VirtualClock {
 public:
  explicit VirtualClock(const Schedule& schedule) : schedule_(schedule) {}

  Now now() const {
    const Micros boot = schedule_.time() - booted_at_ + kSecond;
    Now now{schedule_.time() + offset_, boot, {}};
    for (int digit = 0; digit < 8; ++digit) now.boot_id[7 - digit] = "0123456789abcdef"[(boots_ >> (4 * digit)) & 15];
    return now;
  }
  void step(Micros by) { offset_ += by; }
  void reboot() {
    booted_at_ = schedule_.time();
    ++boots_;
  }

 private:
  const Schedule& schedule_;
  Micros offset_ = 1'790'000'000 * kSecond, booted_at_ = 0;
  std::uint32_t boots_ = 0xb0070001;
};

}  // namespace postern::simulation
