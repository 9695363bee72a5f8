// SPDX-License-Identifier: Apache-2.0
#include "ledger/receipt.hpp"

#include "ledger/format/proof.hpp"

namespace postern::ledger {
namespace {

/// The checkpoint that ends the epoch of a record: the one right behind the next key.rotate. Nothing: it is the current
/// epoch's.
std::optional<View::Head> end_of_epoch(View& view, std::int64_t index) {
  auto kept = view.log().prepare("SELECT size, note FROM checkpoint WHERE size>? ORDER BY size");
  auto last = view.log().prepare("SELECT leaf FROM event WHERE i=?");
  for (kept.query(index); kept.next();) {
    const auto size = kept.integer(0);
    if (!last.query(size - 1).next()) continue;
    const bool ends = chars(last.blob(0)).find("\"k\":\"key.rotate\"") != std::string_view::npos;
    last.reset();
    if (!ends) continue;
    View::Head head{size, {}, std::string(chars(kept.blob(1)))};
    kept.reset();
    return head;
  }
  return std::nullopt;
}

}  // namespace

Result<Receipt> prove_record(View& view, std::int64_t index) {
  const auto leaf = view.records().leaf(index);
  if (!leaf) return failure("there is no record " + std::to_string(index));
  auto under = end_of_epoch(view, index);
  if (!under) under = view.head();
  if (!under || under->size <= index) return failure("record " + std::to_string(index) + " is under no checkpoint yet");
  auto path = inclusion_proof(static_cast<std::uint64_t>(index), static_cast<std::uint64_t>(under->size),
                              [&](unsigned level, std::uint64_t n) { return view.records().node(level, n); });
  if (!path) return tl::unexpected(path.error());
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return Receipt{*leaf, format_proof({static_cast<std::uint64_t>(index), std::move(*path), std::move(under->note)})};
}

}  // namespace postern::ledger
