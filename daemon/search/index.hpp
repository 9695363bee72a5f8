// SPDX-License-Identifier: Apache-2.0
// search.db: the words of what was said, in pages of one contact and month each, sealed under that month's key of the
// contact, so that whoever shreds the key has shredded the page; not even equal words can be told. It is filled from
// the records alone, in their order, and learns from them, too, what has to go: so it can be stopped anywhere, and made
// again from nothing. It belongs to one thread.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "ledger/salts.hpp"
#include "ledger/view.hpp"
#include "search/words.hpp"

namespace postern::search {

/// What a search goes through. Empty members do not narrow it.
struct Scope {
  Id contact{};
  Micros since = 0, until = INT64_MAX;  ///< by the time of the record; looked at by month here
};

class Index {
 public:
  /// Opens the file, or makes it. One that is not whole is made anew.
  static Result<std::unique_ptr<Index>> open(const std::filesystem::path& path);

  /// Takes in the next records, some hundred at most. True if there are more.
  Result<bool> take_lot(ledger::View& view);
  /// Records before this one are taken in.
  std::int64_t next() const { return next_; }

  /// Goes through pages whose last record is before `before`, the newest first, as long as `take` says true, which is
  /// given the records with the words, the newest first; `most` pages at most. Gives where to go on; nothing: at the
  /// end.
  using Take = std::function<bool(std::vector<std::int64_t>&&)>;
  Result<std::optional<std::int64_t>> find(ledger::View& view, const Wanted& wanted, const Scope& scope,
                                           std::int64_t before, std::size_t most, const Take& take);

 private:
  using Owner = std::pair<Id, int>;  ///< contact and month
  /// Of one lot.
  struct Lot {
    std::map<Owner, std::string> said;  ///< lines to be added
    std::vector<Id> erased;
    std::vector<std::pair<std::int64_t, std::int64_t>> purged;  ///< from ≤ record < to
  };
  explicit Index(ledger::Database database);

  Result<void> read(ledger::View& view, std::int64_t index, Lot& lot);
  void add(ledger::View& view, const Owner& owner, const std::string& lines);
  void purge(ledger::View& view, std::int64_t from, std::int64_t to);
  void put(ledger::View& view, const Owner& owner, std::string_view lines);
  /// The lines of a page; nothing if its key has gone.
  std::optional<std::string> opened(ledger::View& view, const Owner& owner, std::int64_t last, ByteView sealed);
  Result<void> take_error();

  ledger::Database database_;
  ledger::Sealer sealer_;
  ledger::Salts salts_;
  std::int64_t next_ = 0;
  ledger::Statement insert_, remove_, newest_of_, erase_, touched_, mark_, pages_, pages_of_;
};

}  // namespace postern::search
