// SPDX-License-Identifier: Apache-2.0
// What platforms have asked for in somebody's name, and under which code they were told to look for it.
#pragma once
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/input.hpp"
#include "core/row.hpp"

namespace postern::core {

/// One whose contacts are being looked for, at every account of the application.
struct Wish {
  std::int64_t look = 0;  ///< keyed digest of what was signed
  std::vector<std::uint64_t> webhooks;
  std::string_view platform, actor;  ///< interned
  std::size_t left = 0;              ///< accounts that have not been looked at yet
  std::vector<SubjectFound> found;
};

/// Those that were granted, the newest hundred thousand: a code that is older leads nowhere.
class Deletions {
 public:
  static constexpr std::size_t kMost = 100'000;

  /// The one that was granted for the same signed text; null: it is new.
  const DeletionRow* repeated(std::int64_t look) const {
    const auto at = by_look_.find(look);
    return at == by_look_.end() ? nullptr : &rows_.at(at->second);
  }
  const DeletionRow* find(const Id& code) const {
    const auto at = by_code_.find(code);
    return at == by_code_.end() ? nullptr : &rows_.at(at->second);
  }
  /// The one that has to make room for it, to be erased on disk as well.
  std::optional<DeletionRow> add(const DeletionRow& row) {
    by_look_[row.look] = row.request;
    by_code_[row.code] = row.request;
    rows_[row.request] = row;
    if (rows_.size() <= kMost) return std::nullopt;
    DeletionRow oldest = rows_.extract(rows_.begin()).mapped();
    by_look_.erase(oldest.look);
    if (const auto at = by_code_.find(oldest.code); at != by_code_.end() && at->second == oldest.request)
      by_code_.erase(at);
    oldest.erase = true;
    return oldest;
  }

 private:
  std::map<std::int64_t, DeletionRow> rows_;  // by request
  std::unordered_map<std::int64_t, std::int64_t> by_look_;
  std::unordered_map<Id, std::int64_t> by_code_;
};

}  // namespace postern::core
