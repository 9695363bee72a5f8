// SPDX-License-Identifier: Apache-2.0
#include "ledger/commit.hpp"

#include <algorithm>

namespace postern::ledger {
namespace {

constexpr std::size_t kLot = 8'192;        ///< look-up keys that make a lot
constexpr std::size_t kSubjects = 16'384;  ///< entries of subject_at that do
constexpr int kLogPages = 10'000;          ///< frames of SQLite's log that call for a checkpoint

tl::unexpected<CommitError> failed(const SqlError& error) {
  // Busy is only ever keys.db, for which a reader has held the lock for long: as with a full disk, later will do.
  return tl::unexpected(CommitError{error.error(), error.disk_full() || (error.code & 0xff) == SQLITE_BUSY});
}
tl::unexpected<CommitError> failed(std::string what) {
  return tl::unexpected(CommitError{{std::move(what), "this is a defect: keep the ledger and report it"}, false});
}

bool takes_away_content(const std::vector<Batch>& group) {
  for (const auto& batch : group)
    for (const auto& row : batch.rows)
      if (std::holds_alternative<core::BodyGone>(row) || std::holds_alternative<core::ContactGone>(row)) return true;
  return false;
}

bool ends_erasure(const std::vector<Batch>& group) {
  for (const auto& batch : group)
    for (const auto& row : batch.rows)
      if (const auto* erasure = std::get_if<core::ErasureRow>(&row); erasure && erasure->erase) return true;
  return false;
}

}  // namespace

GroupCommit::GroupCommit(Store& store, CommitOptions options)
    : store_(store),
      options_(std::move(options)),
      tree_(store.tree()),
      documents_(store.keys(), store.shared().own_subject),
      rows_(store.log(), documents_),
      attempts_(store.log(), documents_),
      lots_(store.log(), store.keys()),
      sealer_(store.origin()),
      spares_(store.spares().begin(), store.spares().end()),
      insert_event_(store.log().prepare("INSERT INTO event VALUES(?,?,?)")),
      insert_tile_(store.log().prepare("INSERT INTO tile VALUES(?,?)")),
      set_head_(store.log().prepare("INSERT OR REPLACE INTO head VALUES(1,?,?,?)")),
      keep_(store.log().prepare("INSERT OR IGNORE INTO checkpoint VALUES(?,?)")),
      keep_line_(store.log().prepare("INSERT OR IGNORE INTO cosig VALUES(?,?,?)")),
      set_rotated_(store.log().prepare("INSERT OR REPLACE INTO meta VALUES('rotated',?)")),
      count_epoch_(
          store.log().prepare("INSERT INTO meta VALUES('epoch',2) ON CONFLICT(name) DO UPDATE SET value=value+1")),
      set_kek_(store.log().prepare("INSERT OR REPLACE INTO meta VALUES('kek',?)")),
      reread_(store.log().prepare("SELECT i, leaf FROM event WHERE i>=? ORDER BY i")) {
  const auto count = [](void* pages, sqlite3*, const char*, int frames) {
    *static_cast<int*>(pages) = frames;
    return SQLITE_OK;
  };
  // In place of SQLite's own automatic checkpoint, which would ignore a failed fsync.
  const auto& keks = store.shared().keks;
  if (keks.all().size() > 1 || store.recorded_kek() != keks.newest()) renewal_.emplace(store.keys(), keks);
  sqlite3_wal_hook(store.log().handle(), count, &log_pages_);
}

Commit<void> GroupCommit::run(const std::vector<Batch>& group) {
  const auto first = static_cast<std::int64_t>(tree_.size());
  const bool ends_epoch = group.back().ends_epoch();
  if (auto done = forget_keys(group); !done) return done;
  if (auto done = ensure_keys(group); !done) return done;
  if (auto done = encode(group); !done) return done;
  const bool takes_bodies = takes_away_content(group);
  if (takes_bodies) {
    // What a start would read from a body to find its look-up keys again has to be in its table before the body goes.
    if (auto done = write_lots(true); !done) return done;
    store_.log().exec("PRAGMA secure_delete=ON");
  }

  Transaction transaction(store_.log());
  insert(first);
  insert_rows(group, first);
  auto grown = grow(first);
  if (!grown) return tl::unexpected(grown.error());
  if (!sealed_.empty()) sign(*grown, ends_epoch);
  insert_published();
  const auto done = transaction.commit();
  if (takes_bodies) store_.log().exec("PRAGMA secure_delete=OFF");
  if (!done) return failed(done.error());
  bodies_in_log_ |= takes_bodies;
  published_.clear();

  tree_ = std::move(*grown);
  remember(group);
  if (auto moved = advance(ends_epoch); !moved) return moved;
  // Whoever is told that a contact is erased is told that nothing of it is left in SQLite's log either.
  return ends_erasure(group) ? checkpoint(true) : Commit<void>();
}

// Keys go first, in a commit of their own. What a start would read with them to find look-up keys again has to be in
// its table before; what a platform calls the contact must not come there any more.
Commit<void> GroupCommit::forget_keys(const std::vector<Batch>& group) {
  std::vector<const core::KeysGone*> gone;
  std::vector<core::MonthGone> months;
  for (const auto& batch : group) {
    for (const auto& row : batch.rows) {
      if (const auto* one = std::get_if<core::KeysGone>(&row)) gone.push_back(one);
      // In the month that runs, something may have been sealed with it since it was looked for.
      if (const auto* one = std::get_if<core::MonthGone>(&row); one && one->month < month_of(time_))
        months.push_back(*one);
    }
  }
  if (gone.empty() && months.empty()) return {};
  for (const auto* one : gone) store_.shared().pending.forget(one->names);
  if (auto done = write_lots(true); !done) return done;
  if (auto done = store_.keys().erase(gone); !done) return failed(done.error());
  if (auto done = store_.keys().erase(months); !done) return failed(done.error());
  return {};
}

Commit<void> GroupCommit::ensure_keys(const std::vector<Batch>& group) {
  needs_.clear();
  tokens_.clear();
  for (const auto& batch : group) {
    for (const auto& record : batch.records)
      if (record.body) needs_.push_back({documents_.subject_of(record.contact), month_of(record.wall)});
    for (const auto& row : batch.rows) {
      if (const auto* conversation = std::get_if<core::ConversationRow>(&row); conversation && conversation->doc)
        needs_.push_back({documents_.subject_of(conversation->contact), kProfileMonth});
      if (const auto* contact = std::get_if<core::ContactRow>(&row))
        needs_.push_back({documents_.subject_of(contact->id), kProfileMonth});
      if (const auto* state = std::get_if<core::StateRow>(&row))
        needs_.push_back({documents_.subject_of(state->contact), kProfileMonth});
      if (const auto* token = std::get_if<core::TokenRow>(&row)) tokens_.push_back(token);
    }
  }
  if (auto done = store_.keys().ensure(needs_); !done) return failed(done.error());
  // Before the records that tell of them: what a platform has issued once must not be lost.
  if (!tokens_.empty())
    if (auto done = store_.keys().write(tokens_); !done) return failed(done.error());
  return {};
}

Commit<void> GroupCommit::encode(const std::vector<Batch>& group) {
  kek_told_.reset();
  sealed_.clear();
  leaves_.clear();
  blobs_.clear();
  for (const auto& batch : group) {
    for (const auto& record : batch.records) {
      if (record.type == "key.rotate" && (&batch != &group.back() || &record != &batch.records.back()))
        return failed("record " + std::to_string(record.index) + ", a key.rotate, is not the last of its commit");
      if (record.type == "kek.rotate") kek_told_ = record.count;
      if (auto done = encode(record); !done) return done;
      time_ = record.wall;
    }
  }
  if (options_.tamper) options_.tamper(leaves_);
  return {};
}

Commit<void> GroupCommit::encode(const core::Record& record) {
  const auto index = tree_.size() + sealed_.size();
  if (record.index != static_cast<std::int64_t>(index))
    return failed("record " + std::to_string(record.index) + " was handed over where " + std::to_string(index) +
                  " belongs");
  Sealed at{leaves_.size(), 0, blobs_.size(), 0, {}};
  extra_.clear();
  for (const auto& [key, value] : record.extra) extra_.push_back({key, std::string_view(value)});
  if (record.range) {
    extra_.push_back({"from", record.range->first});
    extra_.push_back({"to", record.range->second});
  }
  if (auto done = add_vkey(record, extra_); !done) return tl::unexpected(CommitError{done.error(), true});
  std::sort(extra_.begin(), extra_.end(), [](const auto& a, const auto& b) { return a.key < b.key; });

  LeafFields leaf{.i = index,
                  .t = record.wall,
                  .m = record.boot,
                  .b = {record.boot_id.data(), record.boot_id.size()},
                  .k = record.type,
                  .o = record.outcome,
                  .a = record.actor,
                  .w = record.account,
                  .p = record.platform,
                  .d = record.decision,
                  .f = record.retention,
                  .s = record.contact,
                  .c = record.conversation,
                  .x = record.message,
                  .q = record.count,
                  .extra = extra_};
  if (record.cause != core::kNone) leaf.r = static_cast<std::uint64_t>(record.cause);
  // Of somebody who is erased nothing is sealed any more: there is a record, and no more than that.
  if (record.body && !store_.shared().keyring.is_forgotten(documents_.subject_of(record.contact))) {
    leaf.s = documents_.subject_of(record.contact);
    const auto key = store_.keys().subject_key(leaf.s, month_of(record.wall));
    if (!key) return failed("the subject of record " + std::to_string(index) + " has no key");
    const auto body = sealer_.seal(*key, salts_.next(), index, *record.body, blobs_);
    leaf.h = body.h;
    leaf.n = body.n;
  }
  append_leaf(leaves_, leaf);
  at.leaf_end = leaves_.size();
  at.blob_end = blobs_.size();
  const auto bytes = std::string_view(leaves_).substr(at.leaf);
  if (const auto checked = check_leaf(bytes, index); !checked) return failed(checked.error().what);
  at.hash = leaf_hash(bytes);
  sealed_.push_back(at);
  return {};
}

Result<void> GroupCommit::add_vkey(const core::Record& record, std::vector<LeafExtra>& extra) {
  const bool rotates = record.type == "key.rotate";
  if (!rotates && record.index != 0) return {};
  if (std::any_of(extra.begin(), extra.end(), [](const auto& item) { return item.key == "vkey"; })) return {};
  vkey_ = store_.genesis().text();
  if (rotates) {
    const auto next = store_.signer().prepare();
    if (!next) return tl::unexpected(next.error());
    vkey_ = next->text();
  }
  extra.push_back({"vkey", std::string_view(vkey_)});
  return {};
}

void GroupCommit::insert(std::int64_t first) {
  for (const auto& at : sealed_) {
    const auto leaf = view(leaves_).subspan(at.leaf, at.leaf_end - at.leaf);
    const auto blob = at.blob == at.blob_end ? ByteView() : ByteView(blobs_).subspan(at.blob, at.blob_end - at.blob);
    insert_event_.run(first++, leaf, blob);
  }
}

void GroupCommit::insert_rows(const std::vector<Batch>& group, std::int64_t first) {
  changed_.clear();
  for (const auto& batch : group)
    for (const auto& row : batch.rows) changed_.push_back(&row);
  rows_.write(changed_, first);
  for (const auto* row : changed_) {
    if (const auto* attempt = std::get_if<core::PastAttempt>(row)) attempts_.write(*attempt);
    if (const auto* gone = std::get_if<core::ContactGone>(row)) attempts_.forget_texts(gone->number);
  }
}

void GroupCommit::keep(std::vector<Published>&& rows) {
  for (auto& row : rows) published_.push_back(std::move(row));
}

void GroupCommit::insert_published() {
  for (const auto& row : published_) {
    if (row.witness.empty())
      keep_.run(row.size, view(row.text));
    else
      keep_line_.run(row.size, row.witness, row.text);
  }
}

Commit<void> GroupCommit::keep_published() {
  if (published_.empty()) return {};
  Transaction transaction(store_.log());
  insert_published();
  if (const auto done = transaction.commit(); !done) return failed(done.error());
  published_.clear();
  return {};
}

/// The tree with the new records, and the proof that they are on their way to the disk as they were hashed.
Commit<Tree> GroupCommit::grow(std::int64_t first) {
  auto grown = tree_;
  std::vector<FullTile> full;
  for (const auto& at : sealed_) grown.append(at.hash, full);
  for (const auto& tile : full) insert_tile_.run(tile.id.row(), tile.hashes);
  if (sealed_.empty()) return grown;

  auto reread = tree_.edge();
  for (reread_.query(first); reread_.next();) reread.append(leaf_hash(chars(reread_.blob(1))));
  // A statement that failed (a full disk) makes the rows incomplete; that is the transaction's error, not a mismatch.
  if (auto error = store_.log().take_error()) return failed(*error);
  if (reread.size() != grown.size() || reread.root() != grown.root())
    return failed("records from " + std::to_string(first) +
                  " on are not in the database as they were hashed; they were not signed");
  return grown;
}

void GroupCommit::sign(const Tree& tree, bool ends_epoch) {
  const auto body = checkpoint_body(store_.origin(), tree.size(), tree.root());
  auto& signer = store_.signer();
  note_ = ends_epoch ? make_checkpoint(body, {&signer.key(), &signer.next()}) : make_checkpoint(body, {&signer.key()});
  set_head_.run(tree.size(), tree.edge().serialise(), view(note_));
  if (kek_told_) set_kek_.run(*kek_told_);
  if (!ends_epoch) return;
  keep_.run(tree.size(), view(note_));
  set_rotated_.run(tree.size() - 1);
  count_epoch_.run();
}

/// What may only happen once the commit has returned.
Commit<void> GroupCommit::advance(bool ends_epoch) {
  if (sealed_.empty() || !ends_epoch) return {};
  if (auto done = store_.signer().advance(); !done) return tl::unexpected(CommitError{done.error(), false});
  return {};
}

void GroupCommit::remember(const std::vector<Batch>& group) {
  Lot lot;
  lot.through = last_index();
  std::unordered_map<Id, Id> contact_of;  // of the conversations that changed
  for (const auto& batch : group) {
    for (const auto& row : batch.rows) {
      if (const auto* seen = std::get_if<core::SeenRow>(&row)) {
        lot.seen.push_back(*seen);
      } else if (const auto* identity = std::get_if<core::IdentityRow>(&row)) {
        lot.identities.push_back(*identity);
        if (identity->thread) lot.subjects.emplace_back(identity->id, identity->number);
      } else if (const auto* conversation = std::get_if<core::ConversationRow>(&row)) {
        contact_of[conversation->id] = conversation->contact;
      } else if (const auto* contact = std::get_if<core::ContactRow>(&row)) {
        spares_.erase(contact->id);
      }
    }
  }
  for (const auto& batch : group) {
    for (const auto& record : batch.records) {
      if (record.contact) lot.subjects.emplace_back(record.contact, record.index);
      if (!record.conversation) continue;
      const auto at = contact_of.find(record.conversation);
      if (at == contact_of.end() || at->second != record.contact)
        lot.subjects.emplace_back(record.conversation, record.index);
    }
  }
  store_.shared().pending.add(std::move(lot));
}

Commit<void> GroupCommit::write_lots(bool all) {
  const auto& lot = store_.shared().pending.lot();
  const bool enough = lot.seen.size() + lot.identities.size() >= kLot || lot.subjects.size() >= kSubjects;
  if (lot.size() == 0 || (!all && !enough)) return {};
  if (auto done = lots_.write(lot, time_); !done) return failed(done.error());
  store_.shared().pending.clear();
  return {};
}

Commit<std::vector<Id>> GroupCommit::make_spares() {
  if (spares_.size() >= kSpares) return std::vector<Id>();
  auto made = store_.keys().spares(kSpares, month_of(time_));
  if (!made) return failed(made.error());
  spares_.insert(made->begin(), made->end());
  return std::move(*made);
}

Commit<std::optional<std::int64_t>> GroupCommit::renew() {
  if (!renewal_) return std::optional<std::int64_t>();
  const auto more = renewal_->step();
  if (!more) return failed(more.error());
  if (*more) return std::optional<std::int64_t>();
  const auto newest = store_.shared().keks.newest();
  const bool tells = renewal_->changed() || store_.recorded_kek() != newest;
  renewal_.reset();
  return tells ? std::optional(newest) : std::nullopt;
}

Commit<void> GroupCommit::checkpoint(bool idle) {
  if (bodies_in_log_) idle = true;  // SQLite's log still holds what was erased: it is shortened to nothing, now or soon
  if (log_pages_ == 0 || (!idle && log_pages_ < kLogPages)) return {};
  auto* const handle = store_.log().handle();
  int busy = SQLITE_OK;
  if (!idle) {
    busy = sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  } else {
    sqlite3_busy_timeout(handle, 0);  // a reader that is still there only means: not now
    busy = sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    sqlite3_busy_timeout(handle, 5'000);
  }
  if (busy == SQLITE_OK) log_pages_ = 0;
  if (busy == SQLITE_OK && idle) bodies_in_log_ = false;
  if (busy == SQLITE_OK || (busy & 0xff) == SQLITE_BUSY) return {};
  return failed(SqlError{busy, sqlite3_system_errno(handle), sqlite3_errmsg(handle)});
}

}  // namespace postern::ledger
