// SPDX-License-Identifier: Apache-2.0
// The tree kept as tiles, numbered as in C2SP tlog-tiles: 256 hashes side by side, 8,192 bytes. Only full tiles are
// stored; the rows that are still open live in memory. Pure; a value per thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ledger/format/tree.hpp"

namespace postern::ledger {

inline constexpr std::uint64_t kTileWidth = 256;
inline constexpr unsigned kTileLevels = 7;  ///< 256^7 exceeds the greatest index, 2^53 - 1

/// A tile's place: tile n of a level holds the hashes of complete subtrees of 256^level leaves, numbers 256n and on.
struct TileId {
  unsigned level = 0;
  std::uint64_t n = 0;

  /// The row id in table `tile`: level·2^48 + n.
  std::int64_t row() const { return static_cast<std::int64_t>((std::uint64_t{level} << 48) + n); }
  bool operator==(const TileId&) const = default;
};

/// How many hashes tile `id` has in a tree of `size` leaves: 256 if it is full, 0 if it is not there.
std::uint64_t tile_width(TileId id, std::uint64_t size);

/// "x001/x234/067" for 1,234,067.
std::string number_path(std::uint64_t n);
/// The number of such a path, which must be the canonical one.
std::optional<std::uint64_t> parse_number_path(std::string_view path);
/// "tile/0/x001/067", with ".p/88" after it where `width` is below 256. Relative to the root of the tiles.
std::string tile_path(TileId id, std::uint64_t width);
/// "tile/entries/x001/067": the bundle of the leaves themselves.
std::string entries_path(std::uint64_t n, std::uint64_t width);

/// Appends one leaf to an entry bundle: its length as 16 bits, big-endian, and its bytes.
void append_entry(std::string& bundle, std::string_view leaf);

/// A tile that has just become full.
struct FullTile {
  TileId id;
  Bytes hashes;  ///< 8,192 bytes
};

/// A growing tree: its right edge and the open row of each level. Copying is cheap (some KiB), so a writer extends a
/// copy and keeps it only if the commit succeeded.
class Tree {
 public:
  /// Adds a leaf; the tiles that it completes, at most one a level, are appended to `full`, lowest level first.
  void append(const Hash& leaf_hash, std::vector<FullTile>& full);

  const Edge& edge() const { return edge_; }
  std::uint64_t size() const { return edge_.size(); }
  Hash root() const { return edge_.root(); }
  /// The hashes of the open row of a level below kTileLevels: the partial tile, empty where there is none.
  ByteView open_row(unsigned level) const { return rows_[level]; }

  /// The tree of `size` leaves, for a start. `read` is asked for nodes of levels 0, 8, 16 … only: for leaf hashes of
  /// the open row, and for the roots of full tiles. Who has a signed root compares it with root().
  static Result<Tree> restore(std::uint64_t size, const NodeReader& read);

 private:
  Edge edge_;
  std::array<Bytes, kTileLevels> rows_;
};

/// Reads the hashes of a tile, at least as many as the tree has in it: a row of `tile`, or a file.
using TileReader = std::function<Result<Bytes>(TileId id)>;

/// The hash of any complete subtree (as NodeReader) from the tile that holds its nodes or those below it.
Result<Hash> node_from_tiles(unsigned level, std::uint64_t n, const TileReader& read);

/// The root over 256 or fewer hashes side by side; their number must be a power of two.
Hash tile_root(ByteView hashes);

}  // namespace postern::ledger
