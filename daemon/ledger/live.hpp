// SPDX-License-Identifier: Apache-2.0
// The live ledger as a verifier or an export reads it: as it was at one instant, in pages, without a transaction that
// would hold the writer's checkpoint up for as long as it takes.
#pragma once
#include <functional>
#include <memory>

#include "ledger/format/reader.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// Reads the ledger up to the size of its newest checkpoint at the time of this call. `view` must outlive it.
/// `goes_on`, if there is one, is asked before each page, and may take its time; false ends it all with an error.
Result<std::unique_ptr<LogReader>> open_live(View& view, std::function<bool()> goes_on = {});

}  // namespace postern::ledger
