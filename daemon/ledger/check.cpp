// SPDX-License-Identifier: Apache-2.0
#include "ledger/check.hpp"

#include <algorithm>

#include "ledger/files.hpp"

namespace postern::ledger {
namespace {

constexpr std::uint64_t kRehashed = 10'000;  ///< records
constexpr const char* kRemedy =
    "do not start on it: restore a copy that verifies, or continue as a fork; keep this one as evidence";

tl::unexpected<Error> broken(std::string what) {
  return failure("the ledger does not verify: " + what, kRemedy);
}

bool signed_by(const Note& note, const VKey& key) {
  const auto id = key.id();
  return std::any_of(note.signatures.begin(), note.signatures.end(), [&](const Signature& line) {
    return line.name == key.name && line.key_id == id && verify_signature(key, note, line);
  });
}

NodeReader nodes_of(RecordReader& records) {
  return [&records](unsigned level, std::uint64_t n) { return records.node(level, n); };
}

/// The full tiles of the last records against the records; those of the open row went into the root already.
Result<void> rehash(RecordReader& records, std::uint64_t size) {
  const auto end = size / kTileWidth, begin = size > kRehashed ? (size - kRehashed) / kTileWidth : 0;
  Bytes hashes;
  for (auto n = begin; n < end; ++n) {
    hashes.clear();
    records.each(static_cast<std::int64_t>(n * kTileWidth), kTileWidth,
                 [&](std::int64_t, std::string_view leaf, ByteView) {
                   const auto hash = leaf_hash(leaf);
                   hashes.insert(hashes.end(), hash.begin(), hash.end());
                 });
    if (hashes != records.tile({0, n}))
      return broken("the records of " + tile_path({0, n}, kTileWidth) + " were changed");
  }
  return {};
}

/// The signing key that a record announces.
Result<VKey> named_key(View& view, std::int64_t index) {
  std::string bytes;
  const auto leaf = view.records().read(index, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  const auto text = leaf->text("vkey");
  if (!text) return broken("record " + std::to_string(index) + " names no signing key");
  return VKey::parse_log_key(*text);
}

}  // namespace

Result<void> compare(View& view, std::uint64_t size, const Note& note, const std::string& whose) {
  if (note.origin != view.shared().origin) return broken(whose + " is of another ledger, " + note.origin);
  if (note.size > size)
    return broken("it has " + std::to_string(size) + " records, but " + std::to_string(note.size) +
                  " were published (" + whose + ")");
  const auto root = root_of(note.size, nodes_of(view.records()));
  if (!root) return tl::unexpected(root.error());
  if (*root != note.root)
    return broken("its first " + std::to_string(note.size) + " records are not those published (" + whose + ")");
  return {};
}

Result<VKey> current_key(View& view) {
  const auto& genesis = view.shared().genesis;
  if (!view.records().leaf(0)) return genesis;  // nothing was recorded yet
  const auto first = named_key(view, 0);
  if (!first) return first;
  if (*first != genesis) return broken("its first record names another genesis key than the file vkey");
  const auto rotated = view.meta_integer("rotated");
  return rotated ? named_key(view, *rotated) : first;
}

Result<Micros> key_since(View& view) {
  if (!view.records().leaf(0)) return 0;
  std::string bytes;
  const auto leaf = view.records().read(view.meta_integer("rotated").value_or(0), bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  return leaf->t;
}

Result<bool> ended_well(View& view) {
  const auto last = view.log().integer("SELECT max(i) FROM event");
  if (!view.records().leaf(0) || !last) return true;
  std::string bytes;
  const auto leaf = view.records().read(*last, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  return leaf->k == "audit.stop" || leaf->k == "audit.fork";
}

Result<void> check_published(View& view, std::uint64_t size, const std::filesystem::path& highwater) {
  std::error_code error;
  if (!std::filesystem::exists(highwater, error)) return {};
  const auto text = read_file(highwater);
  if (!text) return tl::unexpected(text.error());
  const auto note = parse_note(*text);
  if (!note) return failure(highwater.string() + " is not a checkpoint: " + note.error().what);
  return compare(view, size, *note, highwater.string());
}

Result<Tree> check_log(View& view, const VKey& current) {
  const auto head = view.head();
  const auto last = view.log().integer("SELECT max(i) FROM event");
  const bool empty = !view.records().leaf(0).has_value();
  const auto size = head ? head->size : 0;
  if (empty != (size == 0) || (!empty && last != size - 1))
    return broken("the newest checkpoint covers " + std::to_string(size) + " records, other ones are there");
  if (head) {
    const auto note = parse_note(head->note);
    if (!note) return broken("the newest checkpoint: " + note.error().what);
    if (note->origin != view.shared().origin || note->size != static_cast<std::uint64_t>(size))
      return broken("the newest checkpoint is of another ledger or size");
    if (!signed_by(*note, current)) return broken("the newest checkpoint is not signed by the current key");
    if (auto checked = rehash(view.records(), note->size); !checked) return tl::unexpected(checked.error());
    auto tree = Tree::restore(note->size, nodes_of(view.records()));
    if (!tree) return tree;
    if (tree->root() != note->root || tree->edge().serialise() != head->edge)
      return broken("its records do not give the root that was signed");
    return tree;
  }
  return Tree();
}

}  // namespace postern::ledger
