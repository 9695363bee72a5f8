// SPDX-License-Identifier: Apache-2.0
// Durations and sizes as people write them.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace postern::config {

/// "300ms", "2s", "5m", "24h", "7d". Nothing for anything else, also without a unit.
std::optional<Micros> parse_duration(std::string_view text);
/// "512", "64KiB", "3MiB", "1GiB", in bytes.
std::optional<std::int64_t> parse_size(std::string_view text);

}  // namespace postern::config
