// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/tree.hpp"

#include <algorithm>

#include "base/crypto.hpp"

namespace postern::ledger {
namespace {

/// The size of the left subtree of a tree of `size` ≥ 2 leaves: the largest power of two below it.
std::uint64_t split(std::uint64_t size) {
  return std::bit_floor(size - 1);
}

/// The hash over [begin, end). The ranges that RFC 6962 asks for begin at a multiple of their largest power of two.
Result<Hash> range_hash(std::uint64_t begin, std::uint64_t end, const NodeReader& read) {
  const auto size = end - begin;
  if (std::has_single_bit(size)) {
    const auto level = static_cast<unsigned>(std::countr_zero(size));
    return read(level, begin >> level);
  }
  const auto middle = begin + split(size);
  const auto left = range_hash(begin, middle, read);
  if (!left) return left;
  const auto right = range_hash(middle, end, read);
  if (!right) return right;
  return node_hash(*left, *right);
}

/// The path goes from the root down here and is reversed at the end.
Result<Path> downwards(Path path, std::uint64_t begin, std::uint64_t end, const NodeReader& read) {
  const auto hash = range_hash(begin, end, read);
  if (!hash) return tl::unexpected(hash.error());
  path.push_back(*hash);
  return path;
}

Result<Path> reversed(Result<Path> path) {
  if (path) std::reverse(path->begin(), path->end());
  return path;
}

}  // namespace

Hash node_hash(const Hash& left, const Hash& right) {
  std::array<std::uint8_t, 65> bytes;
  bytes[0] = 0x01;
  std::copy(left.begin(), left.end(), bytes.begin() + 1);
  std::copy(right.begin(), right.end(), bytes.begin() + 33);
  return crypto::sha256(bytes);
}

Hash Edge::root() const {
  if (depth_ == 0) return crypto::sha256(ByteView{});
  Hash root = roots_[depth_ - 1];
  for (auto left = depth_ - 1; left > 0; --left) root = node_hash(roots_[left - 1], root);
  return root;
}

Bytes Edge::serialise() const {
  Bytes out;
  out.reserve(depth_ * sizeof(Hash));
  for (unsigned at = 0; at < depth_; ++at) out.insert(out.end(), roots_[at].begin(), roots_[at].end());
  return out;
}

Result<Edge> Edge::parse(std::uint64_t size, ByteView bytes) {
  Edge edge;
  edge.size_ = size;
  edge.depth_ = static_cast<unsigned>(std::popcount(size));
  if (bytes.size() != edge.depth_ * sizeof(Hash))
    return failure("the right edge of a tree of " + std::to_string(size) + " leaves has " +
                   std::to_string(edge.depth_ * sizeof(Hash)) + " bytes, not " + std::to_string(bytes.size()));
  for (unsigned at = 0; at < edge.depth_; ++at)
    std::copy_n(bytes.begin() + at * sizeof(Hash), sizeof(Hash), edge.roots_[at].begin());
  return edge;
}

Result<Hash> root_of(std::uint64_t size, const NodeReader& read) {
  return size == 0 ? Edge().root() : range_hash(0, size, read);
}

Result<Path> inclusion_proof(std::uint64_t i, std::uint64_t size, const NodeReader& read) {
  if (i >= size) return failure("leaf " + std::to_string(i) + " is not in a tree of " + std::to_string(size));
  Result<Path> path;
  for (std::uint64_t begin = 0, end = size; path && end - begin > 1;) {
    const auto middle = begin + split(end - begin);
    if (i < middle) {
      path = downwards(std::move(*path), middle, end, read);
      end = middle;
    } else {
      path = downwards(std::move(*path), begin, middle, read);
      begin = middle;
    }
  }
  return reversed(std::move(path));
}

Result<Path> consistency_proof(std::uint64_t from, std::uint64_t to, const NodeReader& read) {
  if (from == 0 || from > to)
    return failure("a tree of " + std::to_string(from) + " leaves is no beginning of one of " + std::to_string(to));
  Result<Path> path;
  std::uint64_t begin = 0, end = to;
  while (path && end != from) {
    const auto middle = begin + split(end - begin);
    if (from <= middle) {
      path = downwards(std::move(*path), middle, end, read);
      end = middle;
    } else {
      path = downwards(std::move(*path), begin, middle, read);
      begin = middle;
    }
  }
  // The old root itself is left out where the verifier knows it: where it is a complete subtree from the left.
  if (path && begin != 0) path = downwards(std::move(*path), begin, end, read);
  return reversed(std::move(path));
}

bool verify_inclusion(const Hash& leaf_hash, std::uint64_t i, std::uint64_t size, const Path& path, const Hash& root) {
  if (i >= size) return false;
  auto n = i, last = size - 1;
  Hash hash = leaf_hash;
  for (const auto& sibling : path) {
    if (last == 0) return false;
    if ((n & 1) != 0 || n == last) {
      hash = node_hash(sibling, hash);
      while ((n & 1) == 0 && n != 0) n >>= 1, last >>= 1;
    } else {
      hash = node_hash(hash, sibling);
    }
    n >>= 1, last >>= 1;
  }
  return last == 0 && hash == root;
}

bool verify_consistency(std::uint64_t from, std::uint64_t to, const Hash& from_root, const Hash& to_root,
                        const Path& path) {
  if (from == 0 || from > to) return false;
  if (from == to) return path.empty() && from_root == to_root;
  auto next = path.begin();
  auto n = from - 1, last = to - 1;
  while ((n & 1) != 0) n >>= 1, last >>= 1;
  if (n != 0 && next == path.end()) return false;
  Hash old_hash = n == 0 ? from_root : *next++, new_hash = old_hash;
  for (; next != path.end(); ++next) {
    if (last == 0) return false;
    if ((n & 1) != 0 || n == last) {
      old_hash = node_hash(*next, old_hash);
      new_hash = node_hash(*next, new_hash);
      while ((n & 1) == 0 && n != 0) n >>= 1, last >>= 1;
    } else {
      new_hash = node_hash(new_hash, *next);
    }
    n >>= 1, last >>= 1;
  }
  return last == 0 && old_hash == from_root && new_hash == to_root;
}

}  // namespace postern::ledger
