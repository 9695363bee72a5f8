// SPDX-License-Identifier: Apache-2.0
// Files that contacts sent, in a bag: data/media/<record>.<ending>, the record being the msg.media that describes it.
#pragma once
#include "bag/bag.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

/// Puts the file of a record there, opened; what is no file's record is passed over. A file that cannot be opened is
/// replaced by a .txt that says why, so that whoever asked gets the rest. An error is one of the bag alone.
Result<void> put_media(Bag& bag, ledger::View& view, const ledger::Leaf& leaf);

}  // namespace postern::bag
