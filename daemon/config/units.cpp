// SPDX-License-Identifier: Apache-2.0
#include "config/units.hpp"

#include <charconv>
#include <limits>
#include <span>

namespace postern::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t factor;
};

std::optional<std::int64_t> scaled(std::string_view text, std::span<const Unit> units) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units)
    if (unit.name == name && number <= std::numeric_limits<std::int64_t>::max() / unit.factor)
      return number * unit.factor;
  return std::nullopt;
}

}  // namespace

std::optional<Micros> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {{"ms", kMilli}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}};
  return scaled(text, kUnits);
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  static constexpr Unit kUnits[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};
  return scaled(text, kUnits);
}

}  // namespace postern::config
