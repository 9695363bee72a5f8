// SPDX-License-Identifier: Apache-2.0
#include "core/policy/zones.hpp"

#include <algorithm>
#include <charconv>

namespace postern::core::policy {
namespace {

/// "08:30" as time since midnight; nothing else is read.
bool clock_time(std::string_view text, Micros& time) {
  int hour = 0, minute = 0;
  if (text.size() != 5 || text[2] != ':') return false;
  const auto digits = [&](std::size_t at, int& to) {
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + 2, to);
    return error == std::errc() && end == text.data() + at + 2 && to >= 0;
  };
  if (!digits(0, hour) || !digits(3, minute) || hour > 24 || minute > 59 || (hour == 24 && minute != 0)) return false;
  time = hour * kHour + minute * kMinute;
  return true;
}

}  // namespace

Micros Zones::offset(std::string_view name, Micros at) const {
  const auto found = zones_.find(name);
  if (found == zones_.end() || found->second.empty()) return 0;
  const Zone& zone = found->second;
  const auto next = std::upper_bound(zone.begin(), zone.end(), at,
                                     [](Micros instant, const auto& change) { return instant < change.first; });
  return next == zone.begin() ? zone.front().second : std::prev(next)->second;
}

bool DayHours::parse(std::string_view text, DayHours& hours) {
  const std::size_t dash = text.find('-');
  return dash != std::string_view::npos && clock_time(text.substr(0, dash), hours.from) &&
         clock_time(text.substr(dash + 1), hours.to);
}

Micros DayHours::ends(Micros now, Micros offset) const {
  const Micros local = now + offset;
  const Micros time = ((local % kDay) + kDay) % kDay;
  const bool over_midnight = from > to;
  const bool holds = over_midnight ? time >= from || time < to : time >= from && time < to;
  if (!holds) return 0;
  return now + (over_midnight && time >= from ? kDay - time + to : to - time);
}

}  // namespace postern::core::policy
