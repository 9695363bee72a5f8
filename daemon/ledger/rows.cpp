// SPDX-License-Identifier: Apache-2.0
#include "ledger/rows.hpp"

#include <algorithm>

#include "core/interned.hpp"

namespace postern::ledger {
namespace {

/// What tells two rows of one table apart.
struct KeyOf {
  std::int64_t operator()(const core::ConversationRow& row) const { return row.number; }
  std::int64_t operator()(const core::ContactRow& row) const { return row.number; }
  std::int64_t operator()(const core::OpenTurnRow& row) const { return row.index; }
  std::int64_t operator()(const core::TurnRow& row) const { return row.index; }
  std::int64_t operator()(const core::OutboxRow& row) const { return row.key; }
  std::int64_t operator()(const core::TimerRow& row) const { return row.key; }
  std::int64_t operator()(const core::StateRow& row) const { return row.key; }
  std::int64_t operator()(const core::CommandRow& row) const { return row.key; }
  std::int64_t operator()(const core::MediumRow& row) const { return row.key; }
  std::int64_t operator()(const core::ShredRow& row) const { return row.index; }
  std::int64_t operator()(const core::LinkRow& row) const { return row.contact; }
  std::int64_t operator()(const core::PastAttempt& row) const { return row.index; }
  std::int64_t operator()(const core::BodyGone& row) const { return row.index; }
  std::int64_t operator()(const core::ErasureRow& row) const { return row.request; }
  std::int64_t operator()(const core::HoldRow& row) const { return row.placed; }
  std::int64_t operator()(const core::RestoredRow& row) const { return row.at; }
  std::int64_t operator()(const core::ApprovalRow& row) const { return row.request; }
  std::int64_t operator()(const core::DeletionRow& row) const { return row.request; }
  std::int64_t operator()(const core::MonthGone& row) const { return first_int64(row.contact.bytes) ^ row.month; }
  std::int64_t operator()(const core::KeysGone& row) const { return row.number; }
  std::int64_t operator()(const core::ContactGone& row) const { return row.number; }
  std::int64_t operator()(const core::SeenRow& row) const { return row.index; }
  std::int64_t operator()(const core::IdentityRow& row) const { return row.number; }
  // Names of accounts are interned, so that one name is one address.
  std::int64_t operator()(const core::CursorRow& row) const { return address(row.account); }
  std::int64_t operator()(const core::AccountRow& row) const { return address(row.account); }
  std::int64_t operator()(const core::TokenRow& row) const { return address(row.account); }

  static std::int64_t address(std::string_view interned) { return reinterpret_cast<std::intptr_t>(interned.data()); }
};

/// A column that may not be NULL: "none" is sixteen zero bytes.
ByteView whole(const Id& id) {
  return id.bytes;
}

}  // namespace

ByteView Documents::seal(Document kind, std::int64_t key, const Id& contact, const std::string* text, Salts& salts) {
  if (text == nullptr) return {};
  const auto dek = keys_.subject_key(subject_of(contact), kProfileMonth);
  if (!dek) return {};
  blob_.clear();
  sealers_[static_cast<std::size_t>(kind)].seal(*dek, salts.next(), static_cast<std::uint64_t>(key), *text, blob_);
  return blob_;
}

core::Text Documents::open(Document kind, std::int64_t key, const Id& contact, ByteView blob) {
  if (blob.empty()) return nullptr;
  const auto dek = keys_.subject_key(subject_of(contact), kProfileMonth);
  if (!dek) return nullptr;
  const auto plain = sealers_[static_cast<std::size_t>(kind)].open(*dek, static_cast<std::uint64_t>(key), blob);
  return plain ? std::make_shared<const std::string>(chars(*plain)) : nullptr;
}

RowWriter::RowWriter(Database& database, Documents& documents)
    : documents_(documents),
      conversation_(database.prepare(
          "INSERT INTO conversation VALUES(?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(number) DO UPDATE SET "
          "last_in=excluded.last_in, last_user=excluded.last_user, last_bot=excluded.last_bot, "
          "last_human=excluded.last_human, flags=excluded.flags, last_record=excluded.last_record, "
          "contact=excluded.contact, contact_number=excluded.contact_number, doc=coalesce(excluded.doc, doc)")),
      contact_(database.prepare("INSERT INTO contact VALUES(?,?,?,?) ON CONFLICT(number) DO UPDATE SET "
                                "doc=coalesce(excluded.doc, doc)")),
      open_turn_(database.prepare("INSERT OR REPLACE INTO open_turn VALUES(?,?,?,?,?)")),
      end_open_turn_(database.prepare("DELETE FROM open_turn WHERE i=?")),
      turn_(database.prepare("INSERT OR REPLACE INTO turn VALUES(?,?,?,?,?,?)")),
      outbox_(database.prepare("INSERT OR REPLACE INTO outbox VALUES(?,?,?,?,?,?,?,?,?)")),
      end_outbox_(database.prepare("DELETE FROM outbox WHERE key=?")),
      timer_(database.prepare("INSERT OR REPLACE INTO timer VALUES(?,?,?,?,?)")),
      end_timer_(database.prepare("DELETE FROM timer WHERE key=?")),
      state_(database.prepare("INSERT OR REPLACE INTO state VALUES(?,?,?,?,?)")),
      cursor_(database.prepare("INSERT OR REPLACE INTO cursor VALUES(?,?)")),
      account_(database.prepare("INSERT OR REPLACE INTO account VALUES(?,?,?)")),
      command_(database.prepare("INSERT OR REPLACE INTO command VALUES(?,?,?)")),
      end_command_(database.prepare("DELETE FROM command WHERE key=?")),
      medium_(database.prepare("INSERT OR REPLACE INTO medium VALUES(?,?,?,?,?)")),
      end_medium_(database.prepare("DELETE FROM medium WHERE key=?")),
      shred_(database.prepare("INSERT OR REPLACE INTO shred VALUES(?,?)")),
      end_shred_(database.prepare("DELETE FROM shred WHERE i=?")),
      body_gone_(database.prepare("UPDATE event SET blob=NULL WHERE i=?")),
      link_(database.prepare("INSERT OR REPLACE INTO link VALUES(?,?)")),
      erasure_(database.prepare("INSERT OR REPLACE INTO erasure VALUES(?,?,?,?,?,?,?,?)")),
      end_erasure_(database.prepare("DELETE FROM erasure WHERE request=?")),
      conversation_gone_(database.prepare("UPDATE conversation SET doc=NULL WHERE number=?")),
      contact_gone_(database.prepare("UPDATE contact SET doc=NULL WHERE number=?")),
      states_gone_(database.prepare("DELETE FROM state WHERE contact=?")),
      hold_(database.prepare("INSERT OR REPLACE INTO hold VALUES(?,?,?,?)")),
      known_copy_(database.prepare("DELETE FROM meta WHERE name='copied'")),
      restored_(database.prepare("INSERT OR REPLACE INTO meta VALUES('restored',?)")),
      approval_(database.prepare("INSERT OR REPLACE INTO approval VALUES(?,?,?,?,?,?)")),
      end_approval_(database.prepare("DELETE FROM approval WHERE request=?")),
      deletion_(database.prepare("INSERT OR REPLACE INTO deletion VALUES(?,?,?,?)")),
      end_deletion_(database.prepare("DELETE FROM deletion WHERE request=?")) {}

void RowWriter::write(const std::vector<const core::Row*>& rows, std::int64_t first) {
  slots_.clear();
  for (std::size_t order = 0; order < rows.size(); ++order)
    slots_.push_back({rows[order]->index(), std::visit(KeyOf(), *rows[order]), order});
  std::sort(slots_.begin(), slots_.end());

  core::Text doc;  // the newest of this key so far: a later form may say "unchanged"
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    const auto& slot = slots_[at];
    const core::Row& row = *rows[slot.order];
    const auto* conversation = std::get_if<core::ConversationRow>(&row);
    if (conversation != nullptr && conversation->doc) doc = conversation->doc;
    const bool last = at + 1 == slots_.size() || slots_[at + 1].table != slot.table || slots_[at + 1].key != slot.key;
    if (!last) continue;
    if (conversation != nullptr && doc != conversation->doc) {
      auto whole_row = *conversation;
      whole_row.doc = doc;
      put(whole_row, first);
    } else {
      std::visit([&](const auto& form) { put(form, first); }, row);
    }
    doc = nullptr;
  }
}

void RowWriter::put(const core::ConversationRow& row, std::int64_t) {
  const auto doc = documents_.seal(Document::conversation, row.number, row.contact, row.doc.get(), salts_);
  conversation_.run(row.number, row.id, row.contact, row.contact_number, row.account, row.last_in, row.last_user,
                    row.last_bot, row.last_human, row.flags, row.last_record, doc);
}

void RowWriter::put(const core::ContactRow& row, std::int64_t) {
  const auto doc = documents_.seal(Document::contact, row.number, row.id, row.doc.get(), salts_);
  contact_.run(row.number, row.id, row.account, doc);
}

void RowWriter::put(const core::OpenTurnRow& row, std::int64_t first) {
  if (!row.erase)
    open_turn_.run(row.index, row.conversation, row.deadline, row.stage, row.only);
  else if (row.index < first)
    end_open_turn_.run(row.index);
}

void RowWriter::put(const core::TurnRow& row, std::int64_t) {
  turn_.run(row.index, row.conversation, row.since, row.ended, row.ending, row.by);
}

void RowWriter::put(const core::OutboxRow& row, std::int64_t first) {
  if (!row.erase)
    outbox_.run(row.key, row.conversation, row.turn, row.message, row.state, row.attempt, row.due, row.since,
                row.parts);
  else if (row.key / 256 < first)
    end_outbox_.run(row.key);
}

void RowWriter::put(const core::TimerRow& row, std::int64_t) {
  if (row.erase)
    end_timer_.run(row.key);
  else
    timer_.run(row.key, row.conversation, row.handler, documents_.seal(Document::timer, row.key, {}, &row.id, salts_),
               row.due);
}

void RowWriter::put(const core::StateRow& row, std::int64_t) {
  const auto doc = documents_.seal(Document::state, row.key, row.contact, row.doc.get(), salts_);
  if (!doc.empty()) state_.run(whole(row.contact), row.key, row.handler, row.scope, doc);
}

void RowWriter::put(const core::CursorRow& row, std::int64_t) {
  cursor_.run(row.account, documents_.seal(Document::cursor, 0, {}, &row.cursor, salts_));
}

void RowWriter::put(const core::AccountRow& row, std::int64_t) {
  account_.run(row.account, row.paused, row.pause_class);
}

void RowWriter::put(const core::CommandRow& row, std::int64_t) {
  if (row.erase)
    end_command_.run(row.key);
  else
    command_.run(row.key, row.at, documents_.seal(Document::command, row.key, {}, &row.answer, salts_));
}

void RowWriter::put(const core::MediumRow& row, std::int64_t) {
  if (row.erase)
    end_medium_.run(row.key);
  else
    medium_.run(row.key, row.attempt, row.due, row.record, row.file);
}

void RowWriter::put(const core::LinkRow& row, std::int64_t) {
  link_.run(row.contact, row.person);
}

void RowWriter::put(const core::ShredRow& row, std::int64_t) {
  if (row.erase)
    end_shred_.run(row.index);
  else
    shred_.run(row.index, row.due);
}

void RowWriter::put(const core::BodyGone& row, std::int64_t) {
  body_gone_.run(row.index);
}

void RowWriter::put(const core::RestoredRow& row, std::int64_t) {
  known_copy_.run();
  restored_.run(row.at);
}

RowReader::RowReader(Database& database, Documents& documents)
    : documents_(documents),
      conversation_(database.prepare("SELECT * FROM conversation WHERE number=?")),
      contact_(database.prepare("SELECT * FROM contact WHERE number=?")),
      conversations_before_(database.prepare("SELECT * FROM conversation WHERE number<? ORDER BY number DESC LIMIT ?")),
      conversations_after_(database.prepare("SELECT * FROM conversation WHERE number>? ORDER BY number")),
      contacts_after_(database.prepare("SELECT * FROM contact WHERE number>? ORDER BY number")),
      open_turns_(database.prepare("SELECT * FROM open_turn ORDER BY i")),
      turns_(database.prepare("SELECT * FROM turn WHERE i>? ORDER BY i LIMIT ?")),
      outbox_(database.prepare("SELECT * FROM outbox ORDER BY key")),
      timers_(database.prepare("SELECT * FROM timer ORDER BY key")),
      states_(database.prepare("SELECT * FROM state WHERE contact=? ORDER BY key")),
      cursors_(database.prepare("SELECT * FROM cursor ORDER BY account")),
      accounts_(database.prepare("SELECT * FROM account ORDER BY account")),
      commands_(database.prepare("SELECT * FROM command ORDER BY at")),
      media_to_fetch_(database.prepare("SELECT * FROM medium WHERE record<0 ORDER BY key")),
      media_of_(database.prepare("SELECT * FROM medium WHERE key>=? AND key<? ORDER BY key")),
      media_files_(database.prepare("SELECT file FROM medium WHERE file<>''")),
      shreds_(database.prepare("SELECT * FROM shred ORDER BY i")),
      links_(database.prepare("SELECT * FROM link")),
      erasures_(database.prepare("SELECT * FROM erasure ORDER BY request")),
      holds_(database.prepare("SELECT id, scope, placed FROM hold WHERE released IS NULL ORDER BY placed")),
      approvals_(database.prepare("SELECT * FROM approval ORDER BY request")),
      deletions_(database.prepare("SELECT * FROM deletion ORDER BY request")) {}

core::ConversationRow RowReader::read_conversation(const Statement& at) {
  core::ConversationRow row;
  row.number = at.integer(0);
  row.id = at.id(1);
  row.contact = at.id(2);
  row.contact_number = at.integer(3);
  row.account = core::intern(at.text(4));
  row.last_in = at.integer(5);
  row.last_user = at.integer(6);
  row.last_bot = at.integer(7);
  row.last_human = at.integer(8);
  row.flags = at.integer(9);
  row.last_record = at.integer(10);
  row.doc = documents_.open(Document::conversation, row.number, row.contact, at.blob(11));
  return row;
}

core::ContactRow RowReader::read_contact(const Statement& at) {
  core::ContactRow row{at.integer(0), at.id(1), core::intern(at.text(2)), nullptr};
  row.doc = documents_.open(Document::contact, row.number, row.id, at.blob(3));
  return row;
}

std::optional<core::ConversationRow> RowReader::conversation(std::int64_t number) {
  if (!conversation_.query(number).next()) return std::nullopt;
  auto row = read_conversation(conversation_);
  conversation_.reset();
  return row;
}

std::optional<core::ContactRow> RowReader::contact(std::int64_t number) {
  if (!contact_.query(number).next()) return std::nullopt;
  auto row = read_contact(contact_);
  contact_.reset();
  return row;
}

std::vector<core::ConversationRow> RowReader::conversations_before(std::int64_t before, std::size_t limit) {
  std::vector<core::ConversationRow> rows;
  for (auto& at = conversations_before_.query(before, limit); at.next();) rows.push_back(read_conversation(at));
  return rows;
}

std::vector<core::ConversationRow> RowReader::conversations_after(std::int64_t number) {
  std::vector<core::ConversationRow> rows;
  for (auto& at = conversations_after_.query(number); at.next();) rows.push_back(read_conversation(at));
  return rows;
}

std::vector<core::ContactRow> RowReader::contacts_after(std::int64_t number) {
  std::vector<core::ContactRow> rows;
  for (auto& at = contacts_after_.query(number); at.next();) rows.push_back(read_contact(at));
  return rows;
}

std::vector<core::OpenTurnRow> RowReader::open_turns() {
  std::vector<core::OpenTurnRow> rows;
  for (auto& at = open_turns_.query(); at.next();)
    rows.push_back({at.integer(0), at.integer(1), at.integer(2), at.integer(3), false, std::string(at.text(4))});
  return rows;
}

std::vector<core::TurnRow> RowReader::turns_after(std::int64_t index, std::size_t limit) {
  std::vector<core::TurnRow> rows;
  for (auto& at = turns_.query(index, limit); at.next();)
    rows.push_back({at.integer(0), at.integer(1), at.integer(2), at.integer(3), core::intern(at.text(4)),
                    core::intern(at.text(5))});
  return rows;
}

std::vector<core::OutboxRow> RowReader::outbox() {
  std::vector<core::OutboxRow> rows;
  for (auto& at = outbox_.query(); at.next();)
    rows.push_back({at.integer(0), at.integer(1), at.integer(2), at.id(3), at.integer(4), at.integer(5), at.integer(6),
                    at.integer(7), at.integer(8), false});
  return rows;
}

std::vector<core::TimerRow> RowReader::timers() {
  std::vector<core::TimerRow> rows;
  for (auto& at = timers_.query(); at.next();) {
    const auto id = documents_.open(Document::timer, at.integer(0), {}, at.blob(3));
    if (!id) continue;
    rows.push_back({at.integer(0), at.integer(1), core::intern(at.text(2)), *id, at.integer(4), false});
  }
  return rows;
}

std::vector<core::StateRow> RowReader::states(const Id& contact) {
  std::vector<core::StateRow> rows;
  for (auto& at = states_.query(whole(contact)); at.next();) {
    auto doc = documents_.open(Document::state, at.integer(1), contact, at.blob(4));
    if (!doc) continue;
    rows.push_back({at.integer(1), core::intern(at.text(2)), std::string(at.text(3)), contact, std::move(doc)});
  }
  return rows;
}

std::vector<core::CursorRow> RowReader::cursors() {
  std::vector<core::CursorRow> rows;
  for (auto& at = cursors_.query(); at.next();) {
    const auto cursor = documents_.open(Document::cursor, 0, {}, at.blob(1));
    if (cursor) rows.push_back({core::intern(at.text(0)), *cursor});
  }
  return rows;
}

std::vector<core::AccountRow> RowReader::accounts() {
  std::vector<core::AccountRow> rows;
  for (auto& at = accounts_.query(); at.next();)
    rows.push_back({core::intern(at.text(0)), std::string(at.text(1)), core::intern(at.text(2))});
  return rows;
}

std::vector<core::CommandRow> RowReader::commands() {
  std::vector<core::CommandRow> rows;
  for (auto& at = commands_.query(); at.next();) {
    const auto answer = documents_.open(Document::command, at.integer(0), {}, at.blob(2));
    if (answer) rows.push_back({at.integer(0), at.integer(1), *answer, false});
  }
  return rows;
}

namespace {

core::MediumRow read_medium(const Statement& at) {
  return {at.integer(0), at.integer(1), at.integer(2), at.integer(3), std::string(at.text(4)), false};
}

}  // namespace

std::vector<core::MediumRow> RowReader::media_to_fetch() {
  std::vector<core::MediumRow> rows;
  for (auto& at = media_to_fetch_.query(); at.next();) rows.push_back(read_medium(at));
  return rows;
}

std::vector<core::MediumRow> RowReader::media_of(std::int64_t event) {
  std::vector<core::MediumRow> rows;
  for (auto& at = media_of_.query(event * core::kMostFiles, (event + 1) * core::kMostFiles); at.next();)
    rows.push_back(read_medium(at));
  return rows;
}

std::set<std::string> RowReader::media_files() {
  std::set<std::string> names;
  for (auto& at = media_files_.query(); at.next();) names.emplace(at.text(0));
  return names;
}

std::vector<core::LinkRow> RowReader::links() {
  std::vector<core::LinkRow> rows;
  for (auto& at = links_.query(); at.next();) rows.push_back({at.integer(0), at.integer(1)});
  return rows;
}

std::vector<core::ShredRow> RowReader::shreds() {
  std::vector<core::ShredRow> rows;
  for (auto& at = shreds_.query(); at.next();) rows.push_back({at.integer(0), at.integer(1), false});
  return rows;
}

}  // namespace postern::ledger
