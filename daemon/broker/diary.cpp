// SPDX-License-Identifier: Apache-2.0
#include "broker/diary.hpp"

namespace postern::broker {

core::Record plain_record(std::string_view type) {
  core::Record record;
  record.type = type;
  return record;
}

Diary::Diary(const DiaryTimes& times, const Now& now, std::function<ClockSync()> sync)
    : times_(times),
      sync_(std::move(sync)),
      last_(now.boot),
      sync_at_(now.boot),
      rotate_at_((times.key_since ? times.key_since : now.wall) + times.key_age) {}

std::optional<core::Record> Diary::due(const Now& now) {
  if (now.boot >= sync_at_) {
    sync_at_ = now.boot + kHour;
    const ClockSync sync = sync_();
    core::Record record = plain_record("clock.sync");
    record.outcome = sync.synchronised ? "ok" : "unknown";
    record.count = sync.offset;
    return record;
  }
  if (now.boot - last_ >= times_.heartbeat) return plain_record("audit.heartbeat");
  return std::nullopt;
}

}  // namespace postern::broker
