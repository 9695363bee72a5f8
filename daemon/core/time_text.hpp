// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "base/clock.hpp"

namespace postern::core {

/// "2026-01-01T00:00:00.001Z" (RFC 3339, UTC, any number of decimals) to Unix microseconds; 0 for what is no such time.
Micros parse_rfc3339(std::string_view text);

}  // namespace postern::core
