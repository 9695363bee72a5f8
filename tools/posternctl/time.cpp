// SPDX-License-Identifier: Apache-2.0
#include "time.hpp"

#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace postern::ctl {
namespace {

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  if (text.size() < at + count) return std::nullopt;
  const char* end = text.data() + at + count;
  const auto [stop, error] = std::from_chars(text.data() + at, end, value);
  if (error != std::errc() || stop != end || value < 0) return std::nullopt;
  return value;
}

std::string local(Micros time, const char* format) {
  const std::time_t seconds = time / kSecond;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

}  // namespace

std::optional<Micros> parse_time(std::string_view text) {
  if (text.size() < 20 || text.back() != 'Z' || text[10] != 'T') return std::nullopt;
  const auto year = digits(text, 0, 4), month = digits(text, 5, 2), day_of_month = digits(text, 8, 2),
             hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (!year || !month || !day_of_month || !hour || !minute || !second) return std::nullopt;
  std::tm parts{};
  parts.tm_year = *year - 1900;
  parts.tm_mon = *month - 1;
  parts.tm_mday = *day_of_month;
  parts.tm_hour = *hour;
  parts.tm_min = *minute;
  parts.tm_sec = *second;
  const auto millis = text.size() == 24 ? digits(text, 20, 3) : 0;
  return timegm(&parts) * kSecond + millis.value_or(0) * kMilli;
}

std::string span(Micros duration) {
  if (duration < 0) duration = -duration;
  if (duration < kMinute) return fmt::format("{} s", duration / kSecond);
  if (duration < kHour) return fmt::format("{} min", duration / kMinute);
  if (duration < 2 * kDay) return fmt::format("{} h", duration / kHour);
  return fmt::format("{} d", duration / kDay);
}

std::string relative(Micros time, Micros now) {
  if (time <= now) return now - time < kSecond ? "now" : span(now - time) + " ago";
  return "in " + span(time - now);
}

std::string absolute(Micros time) {
  return local(time, "%Y-%m-%d %H:%M:%S");
}
std::string clock_time(Micros time) {
  return local(time, "%H:%M:%S");
}
std::string day(Micros time) {
  return local(time, "%A, %Y-%m-%d");
}

std::string both(std::string_view rfc3339, Micros now) {
  if (rfc3339.empty()) return "never";
  const auto time = parse_time(rfc3339);
  if (!time) return std::string(rfc3339);
  return relative(*time, now) + " (" + absolute(*time) + ")";
}

}  // namespace postern::ctl
