// SPDX-License-Identifier: Apache-2.0
#include "ledger/records.hpp"

#include "base/clock.hpp"

namespace postern::ledger {
namespace {

tl::unexpected<Error> no_record(std::int64_t index) {
  return failure("the ledger has no record " + std::to_string(index));
}

}  // namespace

RecordReader::RecordReader(Database& database, KeyReader& keys, const std::string& origin)
    : database_(database),
      keys_(keys),
      sealer_(origin),
      leaf_(database.prepare("SELECT leaf FROM event WHERE i=?")),
      has_blob_(database.prepare("SELECT 1 FROM event WHERE i=? AND blob IS NOT NULL")),
      blob_(database.prepare("SELECT blob FROM event WHERE i=?")),
      range_(database.prepare("SELECT i, leaf, blob FROM event WHERE i>=? ORDER BY i LIMIT ?")),
      tile_(database.prepare("SELECT h FROM tile WHERE id=?")) {}

std::optional<std::string> RecordReader::leaf(std::int64_t index) {
  if (!leaf_.query(index).next()) return std::nullopt;
  std::string bytes(chars(leaf_.blob(0)));
  leaf_.reset();
  return bytes;
}

bool RecordReader::has_blob(std::int64_t index) {
  const bool there = has_blob_.query(index).next();
  has_blob_.reset();
  return there;
}

Result<Leaf> RecordReader::read(std::int64_t index, std::string& bytes) {
  if (!leaf_.query(index).next()) return no_record(index);
  bytes.assign(chars(leaf_.blob(0)));
  leaf_.reset();
  return check_leaf(bytes, static_cast<std::uint64_t>(index));
}

Result<core::Text> RecordReader::body(const Leaf& leaf) {
  if (leaf.h.empty()) return nullptr;
  return body(leaf, blob(static_cast<std::int64_t>(leaf.i)));
}

Result<core::Text> RecordReader::body(const Leaf& leaf, ByteView sealed) {
  if (leaf.h.empty() || sealed.empty()) return nullptr;
  const auto subject = Id::from_hex(leaf.s);
  const auto key = subject ? keys_.subject_key(*subject, month_of(leaf.t)) : std::nullopt;
  if (!key) return nullptr;
  if (hex(blob_hash(sealed)) != leaf.h)
    return failure("the sealed body of record " + std::to_string(leaf.i) + " is not the one that its leaf names");
  const auto plain = sealer_.open(*key, leaf.i, sealed);
  if (!plain) return tl::unexpected(plain.error());
  return std::make_shared<const std::string>(chars(*plain));
}

Result<core::Text> RecordReader::body(std::int64_t index) {
  std::string bytes;
  const auto leaf = read(index, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  return body(*leaf);
}

Bytes RecordReader::blob(std::int64_t index) {
  Bytes bytes;
  if (!blob_.query(index).next()) return bytes;
  const auto found = blob_.blob(0);
  bytes.assign(found.begin(), found.end());
  blob_.reset();
  return bytes;
}

Bytes RecordReader::tile(TileId id) {
  Bytes hashes;
  if (!tile_.query(id.row()).next()) return hashes;
  const auto found = tile_.blob(0);
  hashes.assign(found.begin(), found.end());
  tile_.reset();
  return hashes;
}

Result<Hash> RecordReader::node(unsigned level, std::uint64_t n) {
  const TileId own{level / 8, (n << level % 8) / kTileWidth};
  const auto stored = tile(own);
  if (!stored.empty()) return node_from_tiles(level, n, [&](TileId) -> Result<Bytes> { return stored; });
  if (level == 0) {
    const auto bytes = leaf(static_cast<std::int64_t>(n));
    if (!bytes) return no_record(static_cast<std::int64_t>(n));
    return leaf_hash(*bytes);
  }
  if (level % 8 == 0) {
    const TileId below{level / 8 - 1, n};
    const auto hashes = tile(below);
    if (hashes.size() != kTileWidth * sizeof(Hash))
      return failure("the ledger lacks " + tile_path(below, kTileWidth), "restore it from a backup");
    return tile_root(hashes);
  }
  const auto left = node(level - 1, 2 * n);
  if (!left) return left;
  const auto right = node(level - 1, 2 * n + 1);
  if (!right) return right;
  return node_hash(*left, *right);
}

}  // namespace postern::ledger
