// SPDX-License-Identifier: Apache-2.0
#include "bag/prover.hpp"

#include <algorithm>

#include "ledger/format/checkpoint.hpp"
#include "ledger/format/proof.hpp"

namespace postern::bag {
namespace {

constexpr std::size_t kNodes = 1 << 16;

}  // namespace

Result<Prover> Prover::open(ledger::View& view, ledger::LogReader& log, const std::vector<std::uint64_t>& ends) {
  std::vector<Note> notes;
  for (const auto end : ends) {
    auto text = log.kept_note(end);
    if (!text) return tl::unexpected(text.error());
    notes.push_back({end, std::move(*text)});
  }
  const auto newest = log.checkpoint();
  if (!newest) return tl::unexpected(newest.error());
  if (!*newest) return failure("the ledger has no checkpoint yet");
  const auto note = ledger::parse_note(**newest);
  if (!note) return tl::unexpected(note.error());
  if (notes.empty() || notes.back().size < note->size) notes.push_back({note->size, **newest});
  return Prover(view, std::move(notes));
}

Result<std::string> Prover::proof(std::uint64_t i) {
  const auto note = std::find_if(notes_.begin(), notes_.end(), [i](const Note& each) { return each.size > i; });
  if (note == notes_.end()) return failure("record " + std::to_string(i) + " is not signed yet");
  auto path =
      ledger::inclusion_proof(i, note->size, [this](unsigned level, std::uint64_t n) { return node(level, n); });
  if (!path) return tl::unexpected(path.error());
  return ledger::format_proof({i, std::move(*path), note->text});
}

Result<Hash> Prover::node(unsigned level, std::uint64_t n) {
  const std::uint64_t place = (std::uint64_t{level} << 56) | n;
  if (const auto known = nodes_.find(place); known != nodes_.end()) return known->second;
  const auto hash = view_->records().node(level, n);
  if (auto read = view_->take_error(); !read) return tl::unexpected(read.error());
  if (!hash) return hash;
  if (nodes_.size() >= kNodes) nodes_.clear();
  nodes_.emplace(place, *hash);
  return hash;
}

}  // namespace postern::bag
