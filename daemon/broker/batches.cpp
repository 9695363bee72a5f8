// SPDX-License-Identifier: Apache-2.0
#include "broker/batches.hpp"

#include <iterator>

namespace postern::broker {

void Batches::flush() {
  if (!open_.needs_commit()) return;
  if (open_.records.empty() && open_.rows.empty()) {
    // Nothing to write: it only has to come after what was decided before it.
    if (waiting_.empty()) return carry_(std::exchange(open_.commit, {}));
    auto& last = waiting_.back().actions;
    last.insert(last.end(), std::make_move_iterator(open_.commit.begin()), std::make_move_iterator(open_.commit.end()));
    open_.commit.clear();
    return;
  }
  if (full()) return;
  ledger::Batch batch{next_, std::move(open_.records), std::move(open_.rows)};
  if (!writer_.submit(std::move(batch))) {
    open_.records = std::move(batch.records);
    open_.rows = std::move(batch.rows);
    return;
  }
  waiting_.push_back({next_++, std::move(open_.commit)});
  open_.clear();
}

void Batches::committed(std::uint64_t number) {
  while (!waiting_.empty() && waiting_.front().number <= number) {
    std::vector<core::Action> actions = std::move(waiting_.front().actions);
    waiting_.pop_front();
    carry_(std::move(actions));
  }
}

}  // namespace postern::broker
