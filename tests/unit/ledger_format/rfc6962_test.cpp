// SPDX-License-Identifier: Apache-2.0
// Roots and proofs against RFC 6962, section 2.1, written down as it stands there; and what is not a proof is refused.
#include <map>
#include <random>
#include <utility>

#include "base/crypto.hpp"
#include "catch.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/tree.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

constexpr std::uint64_t kRoots = 1'100, kPairs = 257;

Hash hash_of(std::uint64_t j) {
  return leaf_hash("leaf " + std::to_string(j));
}

/// The RFC's recursive definitions over D[begin:end]. What was hashed once is kept: otherwise it would take hours.
class Model {
 public:
  Hash root(std::uint64_t begin, std::uint64_t end) {
    if (begin == end) return crypto::sha256(ByteView{});
    const auto [at, fresh] = roots_.try_emplace({begin, end});
    if (!fresh) return at->second;
    if (end - begin == 1) return at->second = hash_of(begin);
    const auto k = begin + split(end - begin);
    const auto hash = node_hash(root(begin, k), root(k, end));
    return roots_[{begin, end}] = hash;
  }
  /// PATH(m, D[begin:end])
  Path path(std::uint64_t m, std::uint64_t begin, std::uint64_t end) {
    if (end - begin == 1) return {};
    const auto k = split(end - begin);
    auto below = m < k ? path(m, begin, begin + k) : path(m - k, begin + k, end);
    below.push_back(m < k ? root(begin + k, end) : root(begin, begin + k));
    return below;
  }
  /// SUBPROOF(m, D[begin:end], whole)
  Path subproof(std::uint64_t m, std::uint64_t begin, std::uint64_t end, bool whole) {
    const auto n = end - begin;
    if (m == n) return whole ? Path() : Path{root(begin, end)};
    const auto k = split(n);
    auto below = m <= k ? subproof(m, begin, begin + k, whole) : subproof(m - k, begin + k, end, false);
    below.push_back(m <= k ? root(begin + k, end) : root(begin, begin + k));
    return below;
  }

 private:
  /// The largest power of two smaller than n.
  static std::uint64_t split(std::uint64_t n) {
    std::uint64_t k = 1;
    while (k * 2 < n) k *= 2;
    return k;
  }
  std::map<std::pair<std::uint64_t, std::uint64_t>, Hash> roots_;
};

/// Complete subtrees by level, as the tiles hold them.
class Nodes {
 public:
  explicit Nodes(std::uint64_t size) {
    Edge edge;
    for (std::uint64_t j = 0; j < size; ++j)
      edge.append(hash_of(j), [&](unsigned level, std::uint64_t, const Hash& hash) {
        if (levels_.size() <= level) levels_.resize(level + 1);
        levels_[level].push_back(hash);
      });
  }
  NodeReader reader() const {
    return [this](unsigned level, std::uint64_t n) -> Result<Hash> { return levels_.at(level).at(n); };
  }

 private:
  std::vector<std::vector<Hash>> levels_;
};

/// How many of the ways to spoil a path pass: each hash changed, left out, doubled; two exchanged; one more at an end.
template <typename Verifies>
std::size_t passes_spoiled(const Path& path, const Verifies& verifies) {
  std::size_t passed = 0;
  const auto try_one = [&](auto&& spoil) {
    auto other = path;
    spoil(other);
    passed += other != path && verifies(other);
  };
  try_one([](Path& other) { other.push_back(Hash{}); });
  try_one([](Path& other) { other.insert(other.begin(), Hash{}); });
  for (std::size_t at = 0; at < path.size(); ++at) {
    const auto place = static_cast<std::ptrdiff_t>(at);
    try_one([&](Path& other) { other[at][at % 32] ^= static_cast<std::uint8_t>(1 << at % 8); });
    try_one([&](Path& other) { other.erase(other.begin() + place); });
    try_one([&](Path& other) { other.insert(other.begin() + place, path[at]); });
    if (at > 0) try_one([&](Path& other) { std::swap(other[at], other[at - 1]); });
  }
  return passed;
}

}  // namespace

TEST_CASE("RFC 6962: the roots of all sizes from 0 to 1100") {
  Model model;
  const Nodes nodes(kRoots);
  Edge edge;
  for (std::uint64_t size = 0; size <= kRoots; ++size) {
    const auto wanted = model.root(0, size);
    CHECK(edge.root() == wanted);
    CHECK(root_of(size, nodes.reader()).value() == wanted);
    edge.append(hash_of(size));
  }
}

TEST_CASE("RFC 6962: every inclusion proof of all sizes to 1100, and none that was changed passes") {
  Model model;
  const Nodes nodes(kRoots);
  std::size_t proofs = 0, wrong = 0, passed = 0;
  for (std::uint64_t size = 1; size <= kRoots; ++size) {
    const auto root = model.root(0, size);
    for (std::uint64_t i = 0; i < size; ++i, ++proofs) {
      const auto path = inclusion_proof(i, size, nodes.reader()).value();
      const auto leaf = hash_of(i);
      const auto verifies = [&](const Path& other) { return verify_inclusion(leaf, i, size, other, root); };
      wrong += path != model.path(i, 0, size) || !verifies(path);
      // Of the smaller trees each proof in every way; of the larger ones, whose paths look the same, each 331st.
      if (size > kPairs && proofs % 331 != 0) continue;
      passed += passes_spoiled(path, verifies);
      passed += size > 1 && verify_inclusion(leaf, i ^ 1, size, path, root);
      passed += verify_inclusion(hash_of(i + 1), i, size, path, root);
    }
  }
  CHECK(proofs == kRoots * (kRoots + 1) / 2);
  CHECK(wrong == 0);
  CHECK(passed == 0);
}

TEST_CASE("RFC 6962: every consistency proof of all pairs to 257, and none that was changed passes") {
  Model model;
  const Nodes nodes(kPairs);
  std::size_t proofs = 0, wrong = 0, passed = 0;
  for (std::uint64_t to = 1; to <= kPairs; ++to) {
    for (std::uint64_t from = 1; from <= to; ++from, ++proofs) {
      const auto old_root = model.root(0, from), root = model.root(0, to);
      const auto path = consistency_proof(from, to, nodes.reader()).value();
      const auto verifies = [&](const Path& other) { return verify_consistency(from, to, old_root, root, other); };
      wrong += path != model.subproof(from, 0, to, true) || !verifies(path);
      passed += passes_spoiled(path, verifies);
      passed += from < to && verify_consistency(from, to, root, root, path);
      passed += from < to && verify_consistency(from, to, old_root, old_root, path);
    }
  }
  CHECK(proofs == kPairs * (kPairs + 1) / 2);
  CHECK(wrong == 0);
  CHECK(passed == 0);
}
