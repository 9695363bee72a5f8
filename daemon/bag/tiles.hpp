// SPDX-License-Identifier: Apache-2.0
// The ledger as C2SP tlog-tiles, for the tools that others have made for such logs: data/tiles of a bag is the root
// that a server of them would serve. One thread at a time.
#pragma once
#include "bag/bag.hpp"
#include "ledger/format/tile.hpp"

namespace postern::bag {

class Tiles {
 public:
  explicit Tiles(Bag& bag) : bag_(bag) {}

  /// The next leaf, without a line feed; puts the files that it makes whole.
  Result<void> add(std::string_view leaf);
  /// Puts the files that are not whole, and the checkpoint, which must be that of the leaves.
  Result<void> finish(std::string_view checkpoint);

 private:
  Result<void> put(const std::string& path, std::string_view bytes);

  Bag& bag_;
  ledger::Tree tree_;
  std::string entries_;  ///< the bundle that is not full yet
  std::vector<ledger::FullTile> full_;
};

}  // namespace postern::bag
