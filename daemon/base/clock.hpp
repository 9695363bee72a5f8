// SPDX-License-Identifier: Apache-2.0
// Time enters Postern here and nowhere else, so that tests and the simulation can hold it.
#pragma once
#include <array>
#include <cstdint>
#include <string>

namespace postern {

using Micros = std::int64_t;  ///< microseconds
inline constexpr Micros kMilli = 1'000, kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute,
                        kDay = 24 * kHour;

/// One reading of both clocks.
struct Now {
  Micros wall = 0;                ///< Unix time; may jump
  Micros boot = 0;                ///< CLOCK_BOOTTIME; never goes back within one boot
  std::array<char, 8> boot_id{};  ///< first eight hex digits of the kernel's boot id
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Now now() const = 0;
};

/// The kernel's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  SystemClock();
  Now now() const override;

 private:
  std::array<char, 8> boot_id_{};
};

/// RFC 3339 in UTC with milliseconds: "2026-11-24T05:37:22.104Z".
std::string rfc3339(Micros wall);
/// Whole months since year 0 in UTC: year*12 + month-1, as the ledger numbers a contact's keys.
int month_of(Micros wall);

}  // namespace postern
