// SPDX-License-Identifier: Apache-2.0
// Time zones as data: the core has no clock and no tables of its own, so the configuration brings them.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace postern::core::policy {

/// The instants at which a zone's offset from UTC changes, ascending; before the first, the first one's holds.
using Zone = std::vector<std::pair<Micros, Micros>>;

class Zones {
 public:
  Zones() = default;
  explicit Zones(std::map<std::string, Zone, std::less<>> zones) : zones_(std::move(zones)) {}
  bool knows(std::string_view name) const { return zones_.contains(name); }
  /// What to add to UTC for the zone's own time at an instant; 0 for a zone that is not known.
  Micros offset(std::string_view name, Micros at) const;

 private:
  std::map<std::string, Zone, std::less<>> zones_;
};

/// A part of every day in local time, "22:00" to "08:00"; it may contain midnight.
struct DayHours {
  Micros from = 0, to = 0;  ///< since local midnight; equal: empty

  /// Nothing for what is no "HH:MM-HH:MM".
  static bool parse(std::string_view text, DayHours& hours);
  /// The instant at which the hours that hold at `now` end; 0: they do not hold.
  Micros ends(Micros now, Micros offset) const;
};

}  // namespace postern::core::policy
