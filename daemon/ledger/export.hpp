// SPDX-License-Identifier: Apache-2.0
// The ledger in the neutral form that any verifier reads.
#pragma once
#include <filesystem>

#include "ledger/view.hpp"

namespace postern::ledger {

/// Writes the ledger as it is now into `folder`, which must not exist or be empty: leaves.jsonl, sealed/, checkpoint,
/// checkpoints/, vkey. The folder is for its owner alone. Bodies stay sealed.
Result<void> export_ledger(View& view, const std::filesystem::path& folder);

}  // namespace postern::ledger
