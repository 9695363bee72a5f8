// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/tile.hpp"

#include <algorithm>
#include <charconv>

namespace postern::ledger {
namespace {

constexpr std::size_t kHashSize = sizeof(Hash);

Hash hash_at(ByteView hashes, std::uint64_t at) {
  Hash hash;
  std::copy_n(hashes.begin() + at * kHashSize, kHashSize, hash.begin());
  return hash;
}

std::string with_width(std::string path, std::uint64_t width) {
  return width == kTileWidth ? path : path + ".p/" + std::to_string(width);
}

std::string three_digits(std::uint64_t value) {
  std::string digits = std::to_string(value);
  return std::string(3 - digits.size(), '0') + digits;
}

}  // namespace

std::uint64_t tile_width(TileId id, std::uint64_t size) {
  if (id.level >= kTileLevels || id.n > size) return 0;
  const auto hashes = size >> (8 * id.level), begin = id.n * kTileWidth;
  return hashes <= begin ? 0 : std::min(hashes - begin, kTileWidth);
}

std::string number_path(std::uint64_t n) {
  std::string path = three_digits(n % 1000);
  for (n /= 1000; n > 0; n /= 1000) path = "x" + three_digits(n % 1000) + "/" + path;
  return path;
}

std::optional<std::uint64_t> parse_number_path(std::string_view path) {
  if (path.size() > 34) return std::nullopt;  // seven groups: beyond every 64-bit number
  std::uint64_t n = 0;
  for (const char c : path) {
    if (c >= '0' && c <= '9') n = n * 10 + static_cast<std::uint64_t>(c - '0');
  }
  // Writing it again is the simplest strict check, of overflow too.
  return number_path(n) == path ? std::optional(n) : std::nullopt;
}

std::string tile_path(TileId id, std::uint64_t width) {
  return with_width("tile/" + std::to_string(id.level) + "/" + number_path(id.n), width);
}

std::string entries_path(std::uint64_t n, std::uint64_t width) {
  return with_width("tile/entries/" + number_path(n), width);
}

void append_entry(std::string& bundle, std::string_view leaf) {
  bundle += static_cast<char>(leaf.size() >> 8 & 0xff);
  bundle += static_cast<char>(leaf.size() & 0xff);
  bundle += leaf;
}

void Tree::append(const Hash& leaf_hash, std::vector<FullTile>& full) {
  edge_.append(leaf_hash, [&](unsigned level, std::uint64_t n, const Hash& hash) {
    if (level % 8 != 0 || level / 8 >= kTileLevels) return;
    auto& row = rows_[level / 8];
    row.insert(row.end(), hash.begin(), hash.end());
    if (row.size() < kTileWidth * kHashSize) return;
    full.push_back({{level / 8, n / kTileWidth}, std::move(row)});
    row.clear();
  });
}

Result<Tree> Tree::restore(std::uint64_t size, const NodeReader& read) {
  Tree tree;
  Bytes edge;
  for (unsigned level = kTileLevels; level-- > 0;) {
    const auto nodes = size >> (8 * level), open = nodes % kTileWidth;
    auto& row = tree.rows_[level];
    for (auto n = nodes - open; n < nodes; ++n) {
      const auto hash = read(8 * level, n);
      if (!hash) return tl::unexpected(hash.error());
      row.insert(row.end(), hash->begin(), hash->end());
    }
    // A row of, say, 6 nodes gives the edge its subtrees of 4 and of 2.
    std::uint64_t at = 0;
    for (auto width = kTileWidth / 2; width > 0; width /= 2) {
      if ((open & width) == 0) continue;
      const auto root = tile_root(ByteView(row).subspan(at * kHashSize, width * kHashSize));
      edge.insert(edge.end(), root.begin(), root.end());
      at += width;
    }
  }
  auto parsed = Edge::parse(size, edge);
  if (!parsed) return tl::unexpected(parsed.error());
  tree.edge_ = std::move(*parsed);
  return tree;
}

Hash tile_root(ByteView hashes) {
  std::vector<Hash> row(hashes.size() / kHashSize);
  for (std::size_t at = 0; at < row.size(); ++at) row[at] = hash_at(hashes, at);
  for (auto width = row.size() / 2; width > 0; width /= 2)
    for (std::size_t at = 0; at < width; ++at) row[at] = node_hash(row[2 * at], row[2 * at + 1]);
  return row.front();
}

Result<Hash> node_from_tiles(unsigned level, std::uint64_t n, const TileReader& read) {
  const auto width = std::uint64_t{1} << level % 8, first = n * width;
  const TileId id{level / 8, first / kTileWidth};
  const auto hashes = read(id);
  if (!hashes) return tl::unexpected(hashes.error());
  const auto begin = first % kTileWidth * kHashSize, length = width * kHashSize;
  if (hashes->size() < begin + length)
    return failure(tile_path(id, kTileWidth) + " is too short", "the tiles do not belong to this tree");
  return tile_root(ByteView(*hashes).subspan(begin, length));
}

}  // namespace postern::ledger
