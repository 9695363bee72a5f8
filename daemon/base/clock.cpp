// SPDX-License-Identifier: Apache-2.0
#include "base/clock.hpp"

#include <time.h>

#include <fstream>

namespace postern {
namespace {

Micros read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return Micros{t.tv_sec} * kSecond + t.tv_nsec / 1000;
}

struct Civil {
  int year;
  int month;
  int day;
};

// Days since 1970-01-01 to a proleptic Gregorian date, in eras of 400 years so that no step needs a table.
Civil civil(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const std::int64_t of_era = days - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t shifted = (5 * of_year + 2) / 153;
  const int month = static_cast<int>(shifted < 10 ? shifted + 3 : shifted - 9);
  return {static_cast<int>(year_of_era + era * 400) + (month <= 2 ? 1 : 0), month,
          static_cast<int>(of_year - (153 * shifted + 2) / 5 + 1)};
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

}  // namespace

SystemClock::SystemClock() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  id.resize(8, '0');
  std::copy(id.begin(), id.end(), boot_id_.begin());
}

Now SystemClock::now() const { return {read(CLOCK_REALTIME), read(CLOCK_BOOTTIME), boot_id_}; }

std::string rfc3339(Micros wall) {
  const std::int64_t days = floor_div(wall, kDay);
  const std::int64_t of_day = (wall - days * kDay) / kMilli;
  const Civil date = civil(days);
  // By hand: several of these stand in every message's frames, and a format string costs more than all the digits.
  std::string out = "0000-00-00T00:00:00.000Z";
  const auto put = [&out](std::size_t end, std::int64_t value) {
    for (; value > 0; value /= 10) out[--end] = static_cast<char>('0' + value % 10);
  };
  put(4, date.year);
  put(7, date.month);
  put(10, date.day);
  put(13, of_day / 3'600'000);
  put(16, of_day / 60'000 % 60);
  put(19, of_day / 1000 % 60);
  put(23, of_day % 1000);
  return out;
}

int month_of(Micros wall) {
  const Civil date = civil(floor_div(wall, kDay));
  return date.year * 12 + date.month - 1;
}

}  // namespace postern
