// SPDX-License-Identifier: Apache-2.0
#include "bag/export.hpp"

#include "bag/dispute.hpp"
#include "bag/evidence.hpp"
#include "bag/opened.hpp"
#include "bag/texts.hpp"
#include "ledger/format/checkpoint.hpp"
#include "ledger/live.hpp"

namespace postern::bag {
namespace {

/// When the last record under the checkpoint was made: the day of the bag, which has no clock of its own.
Result<Micros> time_of(ledger::View& view, std::uint64_t record) {
  std::string bytes;
  const auto leaf = view.records().read(static_cast<std::int64_t>(record), bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  return leaf->t;
}

Result<std::uint64_t> put_evidence(Bag& bag, ledger::View& view, ledger::LogReader& log, const Order& order,
                                   std::uint64_t size) {
  const Scope& scope = order.scope;
  if (scope.whole()) return put_ledger(bag, log, order.tiles);
  const auto ends = epoch_ends(view, static_cast<std::int64_t>(size));
  if (!ends) return tl::unexpected(ends.error());
  auto selection = Selection::open(view, scope, static_cast<std::int64_t>(size), &*ends);
  if (!selection) return tl::unexpected(selection.error());
  return put_selection(bag, view, log, *selection, *ends);
}

}  // namespace

Result<Exported> export_records(ledger::View& view, const std::filesystem::path& folder, const Order& order) {
  const Scope& scope = order.scope;
  auto log = ledger::open_live(view);
  if (!log) return tl::unexpected(log.error());
  const auto text = (*log)->checkpoint();
  if (!text) return tl::unexpected(text.error());
  if (!*text) return failure("the ledger has no record yet");
  const auto note = ledger::parse_note(**text);
  if (!note) return tl::unexpected(note.error());
  const auto newest = time_of(view, note->size - 1);
  if (!newest) return tl::unexpected(newest.error());

  auto bag = Bag::create(folder);
  if (!bag) return tl::unexpected(bag.error());
  const auto records = put_evidence(*bag, view, **log, order, note->size);
  if (!records) return tl::unexpected(records.error());
  if (order.content || order.dispute)
    if (auto done = put_content(*bag, view, scope, note->origin, static_cast<std::int64_t>(note->size)); !done)
      return tl::unexpected(done.error());
  if (order.dispute)
    if (auto done = put_dispute(*bag, view, scope, order.settings, **text, static_cast<std::int64_t>(note->size));
        !done)
      return tl::unexpected(done.error());
  if (auto done = bag->put("verify.py", kVerifier); !done) return tl::unexpected(done.error());
  if (auto done = bag->put("verify_bag.py", kBagVerifier); !done) return tl::unexpected(done.error());
  if (auto done = bag->put("README.txt", kReadme); !done) return tl::unexpected(done.error());
  const auto done = bag->finish({{"Bagging-Date", rfc3339(*newest).substr(0, 10)},
                                 {"External-Identifier", note->origin + " " + std::to_string(note->size)},
                                 {"Postern-Records", std::to_string(*records)},
                                 {"Postern-Scope", scope.text()},
                                 {"Postern-Content", order.content || order.dispute ? "opened" : "sealed"}});
  if (!done) return tl::unexpected(done.error());
  return Exported{*records, note->size};
}

}  // namespace postern::bag
