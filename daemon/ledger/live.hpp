// SPDX-License-Identifier: Apache-2.0
// The live ledger as a verifier or an export reads it: as it was at one instant, in pages, without a transaction that
// would hold the writer's checkpoint up for as long as it takes.
#pragma once
#include <filesystem>
#include <memory>

#include "ledger/format/reader.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// Reads the ledger up to the size of its newest checkpoint at the time of this call. `view` must outlive it.
Result<std::unique_ptr<LogReader>> open_live(View& view);

/// Writes the neutral form of the same into `folder`, which must not exist or be empty: leaves.jsonl, sealed/,
/// checkpoint, checkpoints/, vkey. Files are for their owner alone.
Result<void> export_ledger(View& view, const std::filesystem::path& folder);

}  // namespace postern::ledger
