// SPDX-License-Identifier: Apache-2.0
// The Merkle tree of RFC 6962 over the leaf hashes: its right edge, which is all that is needed to extend it, and
// proofs of inclusion and consistency. Pure; a value per thread.
#pragma once
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace postern::ledger {

/// SHA-256(0x01 ‖ left ‖ right).
Hash node_hash(const Hash& left, const Hash& right);

/// The right edge: the roots of the complete subtrees, largest first, one for each set bit of the size.
class Edge {
 public:
  /// Adds a leaf. For every subtree that it completes, the leaf itself (level 0) included and from the bottom up,
  /// calls `completed(level, n, hash)`: the hash over the leaves from n·2^level to (n+1)·2^level.
  template <typename Completed>
  void append(const Hash& leaf_hash, Completed&& completed) {
    roots_[depth_++] = leaf_hash;
    completed(0u, size_, leaf_hash);
    unsigned level = 1;
    for (auto n = size_; (n & 1) != 0; n >>= 1, ++level) {
      --depth_;
      roots_[depth_ - 1] = node_hash(roots_[depth_ - 1], roots_[depth_]);
      completed(level, n >> 1, roots_[depth_ - 1]);
    }
    ++size_;
  }
  void append(const Hash& leaf_hash) {
    append(leaf_hash, [](unsigned, std::uint64_t, const Hash&) {});
  }

  std::uint64_t size() const { return size_; }
  /// The root of the tree; of an empty one SHA-256 of nothing.
  Hash root() const;

  /// `head.edge`: 32 bytes for each set bit of the size.
  Bytes serialise() const;
  /// The edge of a tree of `size` leaves; fails if the number of bytes does not fit.
  static Result<Edge> parse(std::uint64_t size, ByteView bytes);

  bool operator==(const Edge& other) const { return size_ == other.size_ && serialise() == other.serialise(); }

 private:
  std::array<Hash, 64> roots_{};
  unsigned depth_ = 0;
  std::uint64_t size_ = 0;
};

/// Reads the hash of the complete subtree over the leaves from n·2^level to (n+1)·2^level, from tiles or from memory.
using NodeReader = std::function<Result<Hash>(unsigned level, std::uint64_t n)>;
using Path = std::vector<Hash>;

/// The root of the first `size` leaves. Fails only where `read` does.
Result<Hash> root_of(std::uint64_t size, const NodeReader& read);
/// RFC 6962, 2.1.1, from the leaf to the root. `i` must be < `size`.
Result<Path> inclusion_proof(std::uint64_t i, std::uint64_t size, const NodeReader& read);
/// RFC 6962, 2.1.2. 1 ≤ `from` ≤ `to`.
Result<Path> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeReader& read);

/// Does `path` prove that the leaf at `i` is in the tree of `size` leaves with this root? No path is too long or short.
bool verify_inclusion(const Hash& leaf_hash, std::uint64_t i, std::uint64_t size, const Path& path, const Hash& root);
/// Does `path` prove that the tree of `from` leaves is a prefix of the one of `to`? Size 0 proves nothing: refused.
bool verify_consistency(std::uint64_t from, std::uint64_t to, const Hash& from_root, const Hash& to_root,
                        const Path& path);

}  // namespace postern::ledger
