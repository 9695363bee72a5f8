// SPDX-License-Identifier: Apache-2.0
// The part of a bag that proves: leaves, sealed bodies, checkpoints, and for a selection a proof for each leaf
// (docs/ledger-format.md). Bodies stay sealed. One thread at a time.
#pragma once
#include "bag/bag.hpp"
#include "bag/selection.hpp"
#include "ledger/format/reader.hpp"

namespace postern::bag {

/// Puts the whole ledger as `log` shows it into the bag, and `with_tiles` its tree as tlog-tiles; gives the number of its
/// records.
Result<std::uint64_t> put_ledger(Bag& bag, ledger::LogReader& log, bool with_tiles);

/// Puts the selected records into the bag; gives their number. `ends` as epoch_ends() gives them.
Result<std::uint64_t> put_selection(Bag& bag, ledger::View& view, ledger::LogReader& log, Selection& selection,
                                    const std::vector<std::uint64_t>& ends);

}  // namespace postern::bag
