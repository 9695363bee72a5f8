// SPDX-License-Identifier: Apache-2.0
#include "core/time_text.hpp"

#include <charconv>

namespace postern::core {

Micros parse_rfc3339(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
      text.back() != 'Z')
    return 0;
  const auto number = [&](std::size_t at, std::size_t size) {
    std::int64_t value = -1;
    const auto [end, code] = std::from_chars(text.data() + at, text.data() + at + size, value);
    return code == std::errc{} && end == text.data() + at + size ? value : -1;
  };
  const std::int64_t year = number(0, 4), month = number(5, 2), day = number(8, 2), hour = number(11, 2),
                     minute = number(14, 2), second = number(17, 2);
  if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || minute < 0 || second < 0) return 0;
  std::int64_t fraction = 0, unit = 100'000;
  for (std::size_t i = 20; i + 1 < text.size() && unit > 0; ++i, unit /= 10) {
    if (text[i] < '0' || text[i] > '9') return 0;
    fraction += (text[i] - '0') * unit;
  }
  // Days since the epoch, counting years from March so that the leap day comes last.
  const std::int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
  const std::int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
  return ((days * 24 + hour) * 60 + minute) * kMinute + second * kSecond + fraction;
}

}  // namespace postern::core
