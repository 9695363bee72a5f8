// SPDX-License-Identifier: Apache-2.0
// What a start proves before it writes anything: that the newest checkpoint is ours and signed by the key
// that is valid now, that the tree behind it is the one on disk, that the last records are the ones in it, and that the
// ledger has not gone back behind what was published. The whole log is the scrub's business, as it would take minutes.
#pragma once
#include <filesystem>

#include "ledger/format/checkpoint.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// The key that signs the next checkpoint: of the last key.rotate, else the genesis key.
Result<VKey> current_key(View& view);
/// When that key came to be (wall time); 0: nothing was recorded yet.
Result<Micros> key_since(View& view);
/// Is the last record that of a clean end, or is there none?
Result<bool> ended_well(View& view);

/// Is what was published of this ledger still in it, whose size is `size`? The error names the difference and `whose`
/// checkpoint it was.
Result<void> compare(View& view, std::uint64_t size, const Note& note, const std::string& whose);

/// As compare, with the checkpoint that this file holds. It need not exist.
Result<void> check_published(View& view, std::uint64_t size, const std::filesystem::path& highwater);

/// The proven tree, ready to grow.
Result<Tree> check_log(View& view, const VKey& current);

}  // namespace postern::ledger
