// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/tree.hpp"

#include "base/crypto.hpp"
#include "catch.hpp"
#include "ledger/format/leaf.hpp"
#include "vectors.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

Hash hash_of(std::uint64_t j) {
  return leaf_hash("leaf " + std::to_string(j));
}

/// The tree as RFC 6962 defines it, with nothing clever: what everything else is compared with.
Hash naive(std::uint64_t begin, std::uint64_t end) {
  if (begin == end) return crypto::sha256(ByteView{});
  if (end - begin == 1) return hash_of(begin);
  std::uint64_t k = 1;
  while (k * 2 < end - begin) k *= 2;
  return node_hash(naive(begin, begin + k), naive(begin + k, end));
}

/// Complete subtrees of a fixed number of leaves, kept by level.
class Nodes {
 public:
  explicit Nodes(std::uint64_t size) {
    Edge edge;
    for (std::uint64_t j = 0; j < size; ++j)
      edge.append(hash_of(j), [&](unsigned level, std::uint64_t n, const Hash& hash) {
        if (levels_.size() <= level) levels_.resize(level + 1);
        REQUIRE(levels_[level].size() == n);
        levels_[level].push_back(hash);
      });
  }
  NodeReader reader() const {
    return [this](unsigned level, std::uint64_t n) -> Result<Hash> { return levels_.at(level).at(n); };
  }

 private:
  std::vector<std::vector<Hash>> levels_;
};

Path path_of(const boost::json::value& value) {
  Path path;
  for (const auto& hash : value.as_array()) path.push_back(test::raw32(hash));
  return path;
}

void append(Bytes& all, const Path& path) {
  for (const auto& hash : path) all.insert(all.end(), hash.begin(), hash.end());
}

/// Every way to spoil a path by one step must be noticed.
template <typename Verifies>
void check_spoiled(const Path& path, const Verifies& verifies) {
  auto longer = path;
  longer.push_back(Hash{});
  CHECK_FALSE(verifies(longer));
  if (path.empty()) return;
  CHECK_FALSE(verifies(Path(path.begin() + 1, path.end())));
  CHECK_FALSE(verifies(Path(path.begin(), path.end() - 1)));
  for (std::size_t at = 0; at < path.size(); ++at) {
    auto other = path;
    other[at][at % 32] ^= 0x10;
    CHECK_FALSE(verifies(other));
  }
}

}  // namespace

TEST_CASE("roots and right edges are those of the vectors") {
  const auto file = test::vectors("tree.json");
  const auto& roots = file.at("roots").as_object();
  const auto& edges = file.at("edge_row").as_object();
  std::size_t seen = 0;
  Edge edge;
  for (std::uint64_t size = 0; size <= 70000; ++size) {
    const auto name = std::to_string(size);
    if (const auto* root = roots.if_contains(name)) {
      ++seen;
      CHECK(hex(edge.root()) == test::str(*root));
    }
    if (const auto* row = edges.if_contains(name)) {
      ++seen;
      Bytes bytes;
      append(bytes, path_of(*row));
      CHECK(edge.serialise() == bytes);
      const auto parsed = Edge::parse(size, bytes);
      REQUIRE(parsed);
      CHECK(*parsed == edge);
      CHECK(parsed->root() == edge.root());
      bytes.push_back(0);
      CHECK_FALSE(Edge::parse(size, bytes));
    }
    edge.append(hash_of(size));
  }
  CHECK(seen == roots.size() + edges.size());
}

TEST_CASE("all roots of sizes 0 to 1100 are those of a naive tree and of the vectors' digest") {
  const Nodes nodes(1100);
  Bytes all;
  Edge edge;
  for (std::uint64_t size = 0; size <= 1100; ++size) {
    const auto root = edge.root();
    if (size % 7 == 0 || size < 70) CHECK(root == naive(0, size));
    CHECK(root_of(size, nodes.reader()).value() == root);
    all.insert(all.end(), root.begin(), root.end());
    edge.append(hash_of(size));
  }
  CHECK(hex(crypto::sha256(all)) == test::str(test::vectors("tree.json").at("sha256_of_roots_0_to_1100_concatenated")));
}

TEST_CASE("the listed proofs are made and verified") {
  const auto file = test::vectors("tree.json");
  const Nodes nodes(70000);
  for (const auto& proof : file.at("inclusion").as_array()) {
    const auto i = proof.at("i").to_number<std::uint64_t>(), size = proof.at("size").to_number<std::uint64_t>();
    const auto path = path_of(proof.at("path"));
    CHECK(inclusion_proof(i, size, nodes.reader()).value() == path);
    CHECK(verify_inclusion(hash_of(i), i, size, path, root_of(size, nodes.reader()).value()));
  }
  for (const auto& proof : file.at("consistency").as_array()) {
    const auto from = proof.at("from").to_number<std::uint64_t>(), to = proof.at("to").to_number<std::uint64_t>();
    const auto path = path_of(proof.at("path"));
    CHECK(consistency_proof(from, to, nodes.reader()).value() == path);
    CHECK(
        verify_consistency(from, to, root_of(from, nodes.reader()).value(), root_of(to, nodes.reader()).value(), path));
  }
}

TEST_CASE("every inclusion proof up to size 128 verifies, matches the digest, and none survives a change") {
  const Nodes nodes(128);
  Bytes all;
  for (std::uint64_t size = 1; size <= 128; ++size) {
    const auto root = root_of(size, nodes.reader()).value();
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto path = inclusion_proof(i, size, nodes.reader()).value();
      append(all, path);
      REQUIRE(verify_inclusion(hash_of(i), i, size, path, root));
      CHECK_FALSE(verify_inclusion(hash_of(i + 1), i, size, path, root));
      if (size > 1) CHECK_FALSE(verify_inclusion(hash_of(i), i ^ 1, size, path, root));
      check_spoiled(path, [&](const Path& other) { return verify_inclusion(hash_of(i), i, size, other, root); });
    }
  }
  const auto file = test::vectors("tree.json");
  CHECK(hex(crypto::sha256(all)) == test::str(file.at("sha256_of_inclusion_paths_size_1_to_128_each_i_concatenated")));
  CHECK_FALSE(inclusion_proof(128, 128, nodes.reader()));
  CHECK_FALSE(verify_inclusion(hash_of(0), 0, 0, {}, Hash{}));
}

TEST_CASE("every consistency proof up to size 257 verifies, matches the digest, and none survives a change") {
  const Nodes nodes(257);
  Bytes all;
  for (std::uint64_t to = 1; to <= 257; ++to) {
    const auto to_root = root_of(to, nodes.reader()).value();
    for (std::uint64_t from = 1; from <= to; ++from) {
      const auto from_root = root_of(from, nodes.reader()).value();
      const auto path = consistency_proof(from, to, nodes.reader()).value();
      REQUIRE(verify_consistency(from, to, from_root, to_root, path));
      if (to > 64) continue;
      append(all, path);
      auto other_root = from_root;
      other_root[0] ^= 1;
      CHECK_FALSE(verify_consistency(from, to, other_root, to_root, path));
      CHECK_FALSE(verify_consistency(from, to, from_root, other_root, path));
      check_spoiled(path, [&](const Path& p) { return verify_consistency(from, to, from_root, to_root, p); });
    }
  }
  const auto file = test::vectors("tree.json");
  CHECK(hex(crypto::sha256(all)) ==
        test::str(file.at("sha256_of_consistency_paths_to_1_to_64_each_from_1_concatenated")));
  CHECK_FALSE(consistency_proof(0, 5, nodes.reader()));
  CHECK_FALSE(consistency_proof(6, 5, nodes.reader()));
  CHECK_FALSE(verify_consistency(0, 5, Hash{}, Hash{}, {}));
}
