// SPDX-License-Identifier: Apache-2.0
// The live ledger as a verifier or an export reads it: as it was at one instant, in pages, without a transaction that
// would hold the writer's checkpoint up for as long as it takes.
#pragma once
#include <memory>

#include "ledger/format/reader.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// Reads the ledger up to the size of its newest checkpoint at the time of this call. `view` must outlive it.
Result<std::unique_ptr<LogReader>> open_live(View& view);

}  // namespace postern::ledger
