// SPDX-License-Identifier: Apache-2.0
// The key encryption keys as they stand in their one secret: 64 hexadecimal digits, which is number 1; or a line
// `NUMBER:DIGITS` for each, of which the highest number wraps and the others only open until nothing needs them.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/crypto.hpp"

namespace postern::config {

using Keks = std::map<std::int64_t, crypto::Key>;

inline constexpr std::int64_t kLastKek = 1'000'000;  ///< the highest number

/// Nothing if the text has another form, a number twice, or none.
std::optional<Keks> parse_keks(std::string_view text);
/// The text of such a file, the newest key first. Wipe it after use.
std::string keks_text(const Keks& keks);

}  // namespace postern::config
