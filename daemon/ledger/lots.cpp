// SPDX-License-Identifier: Apache-2.0
#include "ledger/lots.hpp"

#include <algorithm>
#include <iterator>
#include <tuple>

namespace postern::ledger {
namespace {

template <typename T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

Lookup::Kind kind_of(const core::IdentityRow& row) {
  return row.thread ? Lookup::Kind::thread : Lookup::Kind::contact;
}

}  // namespace

std::string PendingLot::name(std::string_view account, Lookup::Kind kind, std::string_view string) {
  std::string name(account);
  name += kind == Lookup::Kind::thread ? std::string_view("\0t", 2) : std::string_view("\0c", 2);
  return name.append(string);
}

void PendingLot::add(Lot&& part) {
  std::lock_guard lock(mutex_);
  for (const auto& row : part.identities)
    identities_.insert_or_assign(name(row.account, kind_of(row), row.string), Identity{row.id, row.number});
  for (const auto& row : part.seen) seen_.emplace(row.look, row.index);
  append(lot_.identities, part.identities);
  append(lot_.seen, part.seen);
  append(lot_.subjects, part.subjects);
  lot_.through = part.through;
}

std::optional<Identity> PendingLot::identity(std::string_view account, Lookup::Kind kind,
                                             std::string_view string) const {
  std::lock_guard lock(mutex_);
  const auto at = identities_.find(name(account, kind, string));
  return at == identities_.end() ? std::nullopt : std::optional(at->second);
}

std::vector<std::int64_t> PendingLot::seen(std::int64_t look) const {
  std::lock_guard lock(mutex_);
  std::vector<std::int64_t> records;
  const auto [begin, end] = seen_.equal_range(look);
  for (auto at = begin; at != end; ++at) records.push_back(at->second);
  return records;
}

std::vector<std::int64_t> PendingLot::records_of(const Id& subject) const {
  std::lock_guard lock(mutex_);
  std::vector<std::int64_t> records;
  for (const auto& [id, index] : lot_.subjects)
    if (id == subject) records.push_back(index);
  return records;
}

std::vector<core::IdentityRow> PendingLot::identities_of(const std::vector<Id>& ids) const {
  std::lock_guard lock(mutex_);
  std::vector<core::IdentityRow> found;
  for (const auto& row : lot_.identities)
    if (std::ranges::find(ids, row.id) != ids.end()) found.push_back(row);
  return found;
}

void PendingLot::forget(const std::vector<Id>& ids) {
  const auto named = [&](const Id& id) { return std::ranges::find(ids, id) != ids.end(); };
  std::lock_guard lock(mutex_);
  std::erase_if(lot_.identities, [&](const auto& row) { return named(row.id); });
  std::erase_if(identities_, [&](const auto& each) { return named(each.second.id); });
}

void PendingLot::clear() {
  std::lock_guard lock(mutex_);
  lot_ = {};
  identities_.clear();
  seen_.clear();
}

LotWriter::LotWriter(Database& log, KeyWriter& keys)
    : log_(log),
      keys_(keys),
      seen_(log.prepare("INSERT OR REPLACE INTO seen VALUES(?,?,?)")),
      subject_(log.prepare("INSERT OR IGNORE INTO subject_at VALUES(?,?)")),
      mark_(log.prepare("INSERT OR REPLACE INTO meta VALUES('lots_through',?)")),
      newest_(log.prepare("INSERT INTO meta VALUES('seen_newest',?) ON CONFLICT(name) DO UPDATE SET "
                          "value=max(value, excluded.value)")),
      sweep_(log.prepare("DELETE FROM seen WHERE look BETWEEN ? AND ? AND sent_at BETWEEN 1 AND ?")) {
  // Where the sweep goes on is not worth a row: a start takes it up at a slice of chance.
  lots_ = first_int64(crypto::random_id().bytes) & (kSlices - 1);
}

Sql<void> LotWriter::write(const Lot& lot, Micros now) {
  if (!lot.identities.empty()) {
    std::vector<NewIdentity> identities;
    for (const auto& row : lot.identities)
      identities.push_back({kind_of(row), row.account, row.string, row.id, row.number});
    if (auto done = keys_.write(identities); !done) return done;
  }
  auto seen = lot.seen;
  std::sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.look < b.look; });
  auto subjects = lot.subjects;
  std::sort(subjects.begin(), subjects.end());
  Micros newest = 0;
  Transaction transaction(log_);
  for (const auto& row : seen) {
    seen_.run(row.look, row.index, row.sent_at > 0 ? std::max(row.sent_at, now) : 0);
    newest = std::max(newest, row.sent_at);
  }
  newest_.run(newest);
  for (const auto& [id, index] : subjects) subject_.run(id, index);
  mark_.run(lot.through);
  sweep(lots_++ % kSlices, now - kSeenFor);
  return transaction.commit();
}

void LotWriter::sweep(std::int64_t slice, Micros before) {
  constexpr auto kWidth = std::int64_t{1} << 54;  // 2^64 keys in 2^10 slices
  static_assert(kSlices == 1'024);
  const auto first = INT64_MIN + slice * kWidth;
  sweep_.run(first, first + (kWidth - 1), before);
}

}  // namespace postern::ledger
