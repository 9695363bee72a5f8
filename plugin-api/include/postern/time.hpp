// SPDX-License-Identifier: Apache-2.0
// Times as platforms write them and as Postern's JSON writes them. A plugin has no clock: `now` comes with each call.
#pragma once
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "postern/json.hpp"

namespace postern {
inline namespace sdk_v1 {

/// Microseconds since 1970 in UTC.
using Timestamp = std::int64_t;

/// Platforms count from 1970 in seconds, milliseconds, microseconds or nanoseconds, sometimes in the same body. The
/// magnitude tells which: each unit covers the years 1973 to 5138. Earlier times are taken for seconds.
constexpr Timestamp from_epoch(std::int64_t number) {
  constexpr std::int64_t kSeconds = 100'000'000'000;  // from here on it is milliseconds, a thousand times it: …
  const auto size = number < 0 ? -(number + 1) : number;
  if (size < kSeconds) return number * 1'000'000;
  if (size < kSeconds * 1'000) return number * 1'000;
  if (size < kSeconds * 1'000'000) return number;
  return number / 1'000;
}

/// RFC 3339 in UTC with milliseconds: "2026-01-01T00:00:00.001Z".
inline std::string time_text(Timestamp time) {
  using namespace std::chrono;
  const auto milli = floor<milliseconds>(microseconds(time));
  const auto day = floor<days>(milli);
  const year_month_day date{sys_days(day)};
  const hh_mm_ss clock{milli - day};
  char text[48];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return text;
}

/// Reads RFC 3339 and the forms that platforms derive from it: fraction of any length, "Z", "+0000", "+00:00", or no
/// zone at all, which is taken for UTC. Nothing if it is not one.
inline std::optional<Timestamp> parse_time(std::string_view text) {
  using namespace std::chrono;
  const auto number = [&](std::size_t at, std::size_t digits) {
    int value = -1;
    if (at + digits > text.size()) return -1;
    for (std::size_t i = at; i < at + digits; ++i)
      if (text[i] < '0' || text[i] > '9') return -1;
    std::from_chars(text.data() + at, text.data() + at + digits, value);
    return value;
  };
  const int part[] = {number(0, 4), number(5, 2), number(8, 2), number(11, 2), number(14, 2), number(17, 2)};
  for (const int value : part)
    if (value < 0) return std::nullopt;
  const year_month_day date{year(part[0]), month(static_cast<unsigned>(part[1])), day(static_cast<unsigned>(part[2]))};
  if (!date.ok() || text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  if (part[3] > 23 || part[4] > 59 || part[5] > 60) return std::nullopt;
  auto time =
      sys_days(date).time_since_epoch() + hours(part[3]) + minutes(part[4]) + seconds(part[5]) + microseconds(0);

  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    std::int64_t unit = 100'000;
    for (++at; number(at, 1) >= 0; ++at, unit /= 10) time += microseconds(number(at, 1) * unit);
  }
  const auto zone = text.substr(at);
  if (zone.empty() || zone == "Z") return time.count();
  const bool colon = zone.size() == 6 && zone[3] == ':';
  const int zone_hours = number(at + 1, 2), zone_minutes = number(at + (colon ? 4 : 3), 2);
  if ((zone.size() != 5 && !colon) || (zone[0] != '+' && zone[0] != '-') || zone_hours < 0 || zone_minutes < 0)
    return std::nullopt;
  const auto offset = hours(zone_hours) + minutes(zone_minutes);
  return (zone[0] == '+' ? time - offset : time + offset).count();
}

/// A time however a platform writes it: a number, a string of digits, or an RFC 3339 text. Nothing if it is none.
inline std::optional<Timestamp> time_of(Node node) {
  const auto text = node.text();
  if (text.empty()) {
    const auto number = node.integer();
    return number == 0 ? std::nullopt : std::optional(from_epoch(number));
  }
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return from_epoch(number);
  return parse_time(text);
}

}  // namespace sdk_v1
}  // namespace postern
