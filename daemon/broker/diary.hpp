// SPDX-License-Identifier: Apache-2.0
// What the daemon puts on record of itself as time goes by. Pure: the broker gives the time and takes the records.
#pragma once
#include <functional>
#include <optional>

#include "base/clock_sync.hpp"
#include "core/record.hpp"

namespace postern::broker {

struct DiaryTimes {
  Micros heartbeat = 10 * kMinute;  ///< the longest time without a record, so without a signature
  Micros key_age = kDay;            ///< the age at which the signing key gives way
  Micros key_since = 0;             ///< when the key came to be that is current at the start, wall time; 0: now
};

class Diary {
 public:
  Diary(const DiaryTimes& times, const Now& now, std::function<ClockSync()> sync = read_clock_sync);

  /// Something was recorded.
  void recorded(const Now& now) { last_ = now.boot; }
  /// audit.heartbeat if nothing was recorded for long, clock.sync once an hour and at the start. Ask until there is
  /// none.
  std::optional<core::Record> due(const Now& now);
  /// Is a key.rotate due? It has to be the last record of its commit, so it is the broker's to place.
  bool key_is_old(const Now& now) const { return now.wall >= rotate_at_; }
  void rotated(const Now& now) { rotate_at_ = now.wall + times_.key_age; }

 private:
  const DiaryTimes times_;
  const std::function<ClockSync()> sync_;
  Micros last_, sync_at_;  // boot time
  Micros rotate_at_;       // wall time, for the key's age counts on while the machine is off
};

/// A record that says no more than its type. `type` is a static text.
core::Record plain_record(std::string_view type);

}  // namespace postern::broker
