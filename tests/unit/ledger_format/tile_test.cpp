// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/tile.hpp"

#include <map>

#include "base/crypto.hpp"
#include "catch.hpp"
#include "ledger/format/leaf.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

std::string leaf_text(std::uint64_t j) {
  return "leaf " + std::to_string(j);
}

/// A tree grown leaf by leaf, and the full tiles that it gave away.
struct Grown {
  Tree tree;
  std::map<std::int64_t, Bytes> full;

  void grow(std::uint64_t size) {
    std::vector<FullTile> tiles;
    while (tree.size() < size) tree.append(leaf_hash(leaf_text(tree.size())), tiles);
    for (auto& tile : tiles) full.emplace(tile.id.row(), std::move(tile.hashes));
  }
  /// The files of an export, by path.
  std::map<std::string, Bytes> files() const {
    std::map<std::string, Bytes> out;
    for (const auto& [row, hashes] : full) {
      const TileId id{static_cast<unsigned>(row >> 48), static_cast<std::uint64_t>(row) & 0xffffffffffff};
      out[tile_path(id, kTileWidth)] = hashes;
    }
    for (unsigned level = 0; level < kTileLevels; ++level) {
      const auto row = tree.open_row(level);
      if (row.empty()) continue;
      out[tile_path({level, (tree.size() >> 8 * level) / 256}, row.size() / 32)] = Bytes(row.begin(), row.end());
    }
    for (std::uint64_t n = 0; n * 256 < tree.size(); ++n) {
      const auto width = tile_width({0, n}, tree.size());
      std::string bundle;
      for (std::uint64_t j = n * 256; j < n * 256 + width; ++j) append_entry(bundle, leaf_text(j));
      out[entries_path(n, width)] = Bytes(bundle.begin(), bundle.end());
    }
    return out;
  }
  TileReader reader() const {
    return [this](TileId id) -> Result<Bytes> {
      if (const auto found = full.find(id.row()); found != full.end()) return found->second;
      const auto row = tree.open_row(id.level);
      return Bytes(row.begin(), row.end());
    };
  }
  NodeReader nodes() const {
    return [this](unsigned level, std::uint64_t n) { return node_from_tiles(level, n, reader()); };
  }
};

}  // namespace

TEST_CASE("tiles, partial tiles and entry bundles are those of the vectors") {
  const auto file = test::vectors("tiles.json");
  Grown grown;
  for (const std::uint64_t size : {1, 255, 256, 257, 600, 65536, 70000}) {
    grown.grow(size);
    const auto& expected = file.at("sizes").at(std::to_string(size)).as_object();
    const auto files = grown.files();
    CHECK(files.size() == expected.at("count").to_number<std::size_t>());
    for (const auto& [path, tile] : expected.at("tiles").as_object()) {
      INFO(size << " " << path);
      const auto found = files.find(std::string(path));
      REQUIRE(found != files.end());
      CHECK(found->second.size() == tile.at("bytes").to_number<std::size_t>());
      CHECK(hex(crypto::sha256(found->second)) == test::str(tile.at("sha256")));
    }
  }
  CHECK(file.at("sizes").as_object().size() == 7);
  CHECK(chars(grown.full.at(0)) == test::read_file(test::kVectors / "tile-0-000.bin"));
}

TEST_CASE("row ids and paths are those of the vectors") {
  const auto file = test::vectors("tiles.json");
  const auto& rows = file.at("row_id").as_object();
  CHECK(TileId{0, 0}.row() == rows.at("lvl 0, n 0").to_number<std::int64_t>());
  CHECK(TileId{0, 2}.row() == rows.at("lvl 0, n 2").to_number<std::int64_t>());
  CHECK(TileId{1, 0}.row() == rows.at("lvl 1, n 0").to_number<std::int64_t>());
  CHECK(TileId{2, 3}.row() == rows.at("lvl 2, n 3").to_number<std::int64_t>());
  for (const auto& [number, path] : file.at("number_paths").as_object()) {
    const auto n = std::stoull(std::string(number));
    CHECK(number_path(n) == test::str(path));
    CHECK(parse_number_path(test::str(path)) == n);
  }
  for (const auto bad : {"", "1", "0001", "1000", "x000/001", "001/234", "x001/x234", "x001/2345", "x1/234", "-01",
                         "x018/x446/x744/x073/x709/x551/616"})
    CHECK_FALSE(parse_number_path(bad));
}

TEST_CASE("the width of a tile follows from the size of the tree") {
  CHECK(tile_width({0, 0}, 0) == 0);
  CHECK(tile_width({0, 0}, 43) == 43);
  CHECK(tile_width({0, 0}, 256) == 256);
  CHECK(tile_width({0, 1}, 256) == 0);
  CHECK(tile_width({1, 0}, 255) == 0);
  CHECK(tile_width({1, 0}, 70000) == 256);
  CHECK(tile_width({1, 1}, 70000) == 17);
  CHECK(tile_width({2, 0}, 70000) == 1);
  CHECK(tile_width({7, 0}, ~std::uint64_t{0}) == 0);
  CHECK(tile_width({0, ~std::uint64_t{0}}, 256) == 0);
}

TEST_CASE("a tree is restored from tiles, and goes on as if it had never stopped") {
  Grown grown;
  for (const std::uint64_t size : {0, 1, 3, 255, 256, 257, 511, 600, 65535, 65536, 65793, 70000}) {
    INFO(size);
    grown.grow(size);
    const auto restored = Tree::restore(size, grown.nodes());
    REQUIRE(restored);
    CHECK(restored->edge() == grown.tree.edge());
    for (unsigned level = 0; level < kTileLevels; ++level)
      CHECK(hex(restored->open_row(level)) == hex(grown.tree.open_row(level)));
    Grown before = grown, after{*restored, grown.full};
    before.grow(size + 300);
    after.grow(size + 300);
    CHECK(after.tree.root() == before.tree.root());
    CHECK(after.full == before.full);
  }
}

TEST_CASE("proofs read from tiles verify") {
  Grown grown;
  grown.grow(70000);
  const auto nodes = grown.nodes();
  CHECK(root_of(70000, nodes).value() == grown.tree.root());
  for (const std::uint64_t i : {0, 1, 255, 256, 65535, 65536, 69887, 69888, 69999}) {
    const auto path = inclusion_proof(i, 70000, nodes);
    REQUIRE(path);
    CHECK(verify_inclusion(leaf_hash(leaf_text(i)), i, 70000, *path, grown.tree.root()));
  }
  for (const std::uint64_t from : {1, 255, 256, 257, 600, 65536, 65537, 69999, 70000}) {
    const auto path = consistency_proof(from, 70000, nodes);
    REQUIRE(path);
    CHECK(verify_consistency(from, 70000, root_of(from, nodes).value(), grown.tree.root(), *path));
  }
}

TEST_CASE("a missing tile is an error, not a wrong proof") {
  const TileReader none = [](TileId) -> Result<Bytes> { return failure("gone"); };
  const TileReader empty = [](TileId) -> Result<Bytes> { return Bytes(32); };
  CHECK_FALSE(node_from_tiles(3, 1, none));
  CHECK_FALSE(node_from_tiles(3, 1, empty));
  const NodeReader nodes = [&](unsigned level, std::uint64_t n) { return node_from_tiles(level, n, none); };
  CHECK_FALSE(inclusion_proof(3, 600, nodes));
  CHECK_FALSE(consistency_proof(3, 600, nodes));
  CHECK_FALSE(Tree::restore(600, nodes));
}
