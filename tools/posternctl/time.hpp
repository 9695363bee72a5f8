// SPDX-License-Identifier: Apache-2.0
// Times as people read them: how long ago, and when by the clock on their wall.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"

namespace postern::ctl {

/// Of "2026-11-24T05:37:22.104Z"; nothing if it is none.
std::optional<Micros> parse_time(std::string_view rfc3339);

/// "now", "12 s", "5 min", "3 h", "4 d"; always positive.
std::string span(Micros duration);

/// "12 s ago", "in 3 h".
std::string relative(Micros time, Micros now);
/// Local time: "2026-11-24 05:37:22", and its parts.
std::string absolute(Micros time);
std::string clock_time(Micros time);
std::string day(Micros time);

/// "3 h ago (2026-11-24 05:37:22)"; "never" for an empty text, and the text itself if it is no time.
std::string both(std::string_view rfc3339, Micros now);

}  // namespace postern::ctl
