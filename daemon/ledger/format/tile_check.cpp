// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/tile_check.hpp"

#include <algorithm>

namespace postern::ledger {

void TileCheck::compare(const std::string& path, ByteView expected, const LogReader::Maybe<Bytes>& found) {
  const auto where = "tiles/" + path;
  if (!found) {
    findings_.add(Code::incomplete, where, found.error().what);
  } else if (!*found) {
    findings_.add(Code::incomplete, where, "is not there");
  } else if (!std::equal(expected.begin(), expected.end(), (*found)->begin(), (*found)->end())) {
    findings_.add(Code::tampered, where, "is not the tile that the leaves make");
  }
}

void TileCheck::compare_bundle(std::uint64_t size) {
  const auto n = (size - 1) / kTileWidth, width = tile_width({0, n}, size);
  compare(entries_path(n, width), view(bundle_), reader_.entries(n, width));
  bundle_.clear();
}

void TileCheck::take(std::string_view leaf, const Tree& tree, const std::vector<FullTile>& full) {
  const auto size = tree.size();
  if (kind_ == LogReader::Tiles::none || size > size_) return;
  for (const auto& tile : full) compare(tile_path(tile.id, kTileWidth), tile.hashes, reader_.tile(tile.id, kTileWidth));
  if (kind_ != LogReader::Tiles::exported) return;
  append_entry(bundle_, leaf);
  if (size % kTileWidth == 0 || size == size_) compare_bundle(size);
  if (size != size_) return;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const auto row = tree.open_row(level);
    const auto width = row.size() / sizeof(Hash);
    const TileId id{level, (size >> (8 * level)) / kTileWidth};
    if (width > 0) compare(tile_path(id, width), row, reader_.tile(id, width));
  }
}

void TileCheck::take_checkpoint(std::string_view note) {
  if (kind_ != LogReader::Tiles::exported) return;
  const auto found = reader_.tiles_checkpoint();
  if (!found || !*found) {
    findings_.add(Code::incomplete, "tiles/checkpoint", found ? "is not there" : found.error().what);
  } else if (**found != note) {
    findings_.add(Code::tampered, "tiles/checkpoint", "is not the ledger's checkpoint");
  }
}

}  // namespace postern::ledger
