// SPDX-License-Identifier: Apache-2.0
// The records that a scope selects, in order, with those that a verifier needs besides: the first one, those that bring
// a new signing key, and those that say with what authority a selected body is gone. One thread at a time.
#pragma once
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bag/scope.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

class Selection {
 public:
  /// Of the first `size` records. `ends` are the sizes that end key epochs; null: nobody verifies it, so what the scope
  /// selects is all. A record, a contact's or a conversation's are found by the index of subjects; for any other scope
  /// the whole ledger is read, in pages.
  static Result<Selection> open(ledger::View& view, Scope scope, std::int64_t size,
                                const std::vector<std::uint64_t>* ends);

  /// The next record's leaf, whose texts live until the next call; null after the last.
  Result<const ledger::Leaf*> next();

 private:
  Selection(ledger::View& view, Scope scope, std::int64_t size, bool verified)
      : view_(&view), scope_(std::move(scope)), size_(size), verified_(verified) {}
  Result<void> list();
  Result<void> add_records_of(const Id& subject);
  Result<void> add_own_conversations();
  Result<void> add_covers();
  void sort_listed();
  Result<bool> read_next();
  bool selects(const ledger::Leaf& leaf) const;
  bool is_needed(const ledger::Leaf& leaf) const;

  ledger::View* view_;
  Scope scope_;
  std::int64_t size_;
  bool verified_;
  std::set<std::string, std::less<>> conversations_;  ///< of the contact alone
  std::optional<std::vector<std::int64_t>> listed_;   ///< candidates, ascending; none: all records
  std::set<std::int64_t> covers_;                     ///< of listed records whose body is gone
  std::size_t at_ = 0;
  std::int64_t next_ = 0;
  std::deque<std::string> page_;
  std::string bytes_;
  ledger::Leaf leaf_;
};

/// The sizes up to `size` that end key epochs, ascending: their checkpoints are kept for ever.
Result<std::vector<std::uint64_t>> epoch_ends(ledger::View& view, std::int64_t size);

}  // namespace postern::bag
