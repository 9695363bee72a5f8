// SPDX-License-Identifier: Apache-2.0
// What goes to its table in sorted lots behind the hot path: repeated events (`seen`), look-up keys (`identity`) and
// which records are about whom (`subject_at`). Until a lot is written it is here, for loader and reader to ask. Whoever
// asks looks here first and in the table second: an entry leaves here only when it is in the table.
#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/row.hpp"
#include "ledger/keys_db.hpp"
#include "ledger/sqlite.hpp"

namespace postern::ledger {

/// One lot in the making.
struct Lot {
  std::vector<core::SeenRow> seen;
  std::vector<core::IdentityRow> identities;
  std::vector<std::pair<Id, std::int64_t>> subjects;  ///< (contact or conversation, record)
  std::int64_t through = core::kNone;                 ///< nothing is missing up to this record

  std::size_t size() const { return seen.size() + identities.size() + subjects.size(); }
};

/// The lot that waits. Any thread may ask; one adds and takes.
class PendingLot {
 public:
  void add(Lot&& part);
  std::optional<Identity> identity(std::string_view account, Lookup::Kind kind, std::string_view string) const;
  /// Records that may be the event with this look-up key.
  std::vector<std::int64_t> seen(std::int64_t look) const;
  /// Records of a contact or conversation, ascending.
  std::vector<std::int64_t> records_of(const Id& subject) const;

  /// What these are called by.
  std::vector<core::IdentityRow> identities_of(const std::vector<Id>& ids) const;
  /// Of these nobody may find out any more what they are called.
  void forget(const std::vector<Id>& ids);

  /// The one that adds: what waits. Valid until it adds or clears.
  const Lot& lot() const { return lot_; }
  void clear();

 private:
  static std::string name(std::string_view account, Lookup::Kind kind, std::string_view string);

  mutable std::mutex mutex_;
  Lot lot_;
  std::unordered_map<std::string, Identity> identities_;
  std::unordered_multimap<std::int64_t, std::int64_t> seen_;
};

/// Puts lots into the tables. The writer's thread.
class LotWriter {
 public:
  /// How long a repeated event is known as such after it came, or after the platform's time if that is later: what a
  /// platform tells of months ago is known as long as any other. One without a time is known for ever.
  static constexpr Micros kSeenFor = 40 * kDay;
  /// Old ones are deleted in passing: with each lot from one of so many slices of the look-up keys, which are random,
  /// so that no lot waits long and no index by time is needed.
  static constexpr std::int64_t kSlices = 1'024;

  LotWriter(Database& log, KeyWriter& keys);

  /// keys.db first, then ledger.db with the mark `through`: a crash in between only repeats work. `now` is wall time.
  Sql<void> write(const Lot& lot, Micros now);

 private:
  void sweep(std::int64_t slice, Micros before);

  Database& log_;
  KeyWriter& keys_;
  std::int64_t lots_ = 0;
  Statement seen_, subject_, mark_, newest_, sweep_;
};

}  // namespace postern::ledger
