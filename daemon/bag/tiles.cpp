// SPDX-License-Identifier: Apache-2.0
#include "bag/tiles.hpp"

#include <utility>

#include "ledger/format/leaf.hpp"

namespace postern::bag {

using ledger::kTileWidth;

Result<void> Tiles::put(const std::string& path, std::string_view bytes) {
  return bag_.put("tiles/" + path, bytes);
}

Result<void> Tiles::add(std::string_view leaf) {
  ledger::append_entry(entries_, leaf);
  full_.clear();
  tree_.append(ledger::leaf_hash(leaf), full_);
  for (const auto& tile : full_)
    if (auto done = put(ledger::tile_path(tile.id, kTileWidth), chars(tile.hashes)); !done) return done;
  if (tree_.size() % kTileWidth != 0) return {};
  return put(ledger::entries_path(tree_.size() / kTileWidth - 1, kTileWidth), std::exchange(entries_, {}));
}

Result<void> Tiles::finish(std::string_view checkpoint) {
  if (!entries_.empty())
    if (auto done = put(ledger::entries_path(tree_.size() / kTileWidth, tree_.size() % kTileWidth), entries_); !done)
      return done;
  auto tiles = tree_.size();  // full ones of the level
  for (unsigned level = 0; level < ledger::kTileLevels; ++level) {
    tiles /= kTileWidth;
    const auto row = tree_.open_row(level);
    if (row.empty()) continue;
    const auto path = ledger::tile_path({level, tiles}, row.size() / sizeof(Hash));
    if (auto done = put(path, chars(row)); !done) return done;
  }
  return put("checkpoint", checkpoint);
}

}  // namespace postern::bag
