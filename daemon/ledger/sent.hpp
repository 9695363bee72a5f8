// SPDX-License-Identifier: Apache-2.0
// What was sent lately, read from the log: the platforms' rate limits go on counting while nobody is here.
#pragma once
#include <vector>

#include "core/image.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// Records that a start looks back over at most: a second's work at full load.
inline constexpr std::int64_t kSentRecords = 50'000;

/// The attempts that began after `since` (wall time), the oldest first. If they lie further back than kSentRecords
/// records, the older ones are left out, and the log says so: a limit may then be met again at the platform.
Result<std::vector<core::PastAttempt>> recently_sent(View& view, Micros since);

}  // namespace postern::ledger
