// SPDX-License-Identifier: Apache-2.0
#include "bag/evidence.hpp"

#include "bag/prover.hpp"
#include "bag/tiles.hpp"
#include "ledger/format/directory.hpp"

namespace postern::bag {
namespace {

Result<void> put_blob(Bag& bag, std::uint64_t i, ByteView blob) {
  return blob.empty() ? Result<void>() : bag.put("sealed/" + ledger::blob_path(i), chars(blob));
}

/// The newest checkpoint, those of the given sizes, and the key.
Result<void> put_notes(Bag& bag, ledger::LogReader& log, const std::vector<std::uint64_t>& sizes) {
  const auto newest = log.checkpoint();
  if (!newest) return tl::unexpected(newest.error());
  if (*newest)
    if (auto done = bag.put("checkpoint", **newest); !done) return done;
  for (const auto size : sizes) {
    const auto note = log.kept_note(size);
    if (!note) return tl::unexpected(note.error());
    if (auto done = bag.put("checkpoints/" + std::to_string(size), *note); !done) return done;
  }
  const auto vkey = log.vkey();
  if (!vkey) return tl::unexpected(vkey.error());
  return bag.put("vkey", **vkey);
}

}  // namespace

Result<std::uint64_t> put_ledger(Bag& bag, ledger::LogReader& log, bool with_tiles) {
  Tiles tiles(bag);
  auto leaves = bag.open("leaves.jsonl");
  if (!leaves) return tl::unexpected(leaves.error());
  std::uint64_t i = 0;
  for (;; ++i) {
    const auto leaf = log.next_leaf();
    if (!leaf) return tl::unexpected(leaf.error());
    if (!*leaf) break;
    leaves->write((*leaf)->bytes);
    leaves->write("\n");
    if (with_tiles)
      if (auto done = tiles.add((*leaf)->bytes); !done) return tl::unexpected(done.error());
    const auto blob = log.blob(SIZE_MAX);
    if (!blob) return tl::unexpected(blob.error());
    if (auto done = put_blob(bag, i, blob->value_or(ByteView())); !done) return tl::unexpected(done.error());
  }
  if (auto done = leaves->close(); !done) return tl::unexpected(done.error());
  const auto sizes = log.kept();
  if (!sizes) return tl::unexpected(sizes.error());
  if (auto done = put_notes(bag, log, *sizes); !done) return tl::unexpected(done.error());
  if (!with_tiles) return i;
  const auto newest = log.checkpoint();
  if (!newest) return tl::unexpected(newest.error());
  if (auto done = tiles.finish(newest->value_or("")); !done) return tl::unexpected(done.error());
  return i;
}

Result<std::uint64_t> put_selection(Bag& bag, ledger::View& view, ledger::LogReader& log, Selection& selection,
                                    const std::vector<std::uint64_t>& ends) {
  auto prover = Prover::open(view, log, ends);
  if (!prover) return tl::unexpected(prover.error());
  auto leaves = bag.open("selected.jsonl");
  if (!leaves) return tl::unexpected(leaves.error());
  std::uint64_t count = 0;
  while (true) {
    const auto leaf = selection.next();
    if (!leaf) return tl::unexpected(leaf.error());
    if (!*leaf) break;
    const auto i = (*leaf)->i;
    leaves->write((*leaf)->bytes);
    leaves->write("\n");
    const auto proof = prover->proof(i);
    if (!proof) return tl::unexpected(proof.error());
    if (auto done = bag.put("proofs/" + std::to_string(i) + ".tlog-proof", *proof); !done)
      return tl::unexpected(done.error());
    const auto blob = view.records().blob(static_cast<std::int64_t>(i));
    if (auto done = put_blob(bag, i, blob); !done) return tl::unexpected(done.error());
    ++count;
  }
  if (auto done = leaves->close(); !done) return tl::unexpected(done.error());
  if (auto done = put_notes(bag, log, ends); !done) return tl::unexpected(done.error());
  return count;
}

}  // namespace postern::bag
