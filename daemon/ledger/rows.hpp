// SPDX-License-Identifier: Apache-2.0
// The projections between core/row.hpp and their tables. A document is sealed as a body is, under origin
// "postern/<table>", with the row's key for i, and under the profile key of the contact it is about; what belongs to no
// contact (a timer's name, a cursor, an answer to a command, a handler's state of scope account or all) is under the
// ledger's own subject.
#pragma once
#include <array>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/row.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/keys_db.hpp"
#include "ledger/salts.hpp"
#include "ledger/sqlite.hpp"

namespace postern::ledger {

enum class Document : std::uint8_t { conversation, contact, timer, state, cursor, command, attempt };

/// Seals and opens documents. One thread at a time.
class Documents {
 public:
  Documents(KeyReader& keys, const Id& own_subject) : keys_(keys), own_(own_subject) {}

  /// Whose key seals what belongs to this contact, which may be none.
  const Id& subject_of(const Id& contact) const { return contact ? contact : own_; }
  /// The blob, valid until the next call. Empty (NULL in the table) for a null text or an erased subject.
  ByteView seal(Document kind, std::int64_t key, const Id& contact, const std::string* text, Salts& salts);
  /// Null for NULL, for an erased subject, and for what does not open.
  core::Text open(Document kind, std::int64_t key, const Id& contact, ByteView blob);

 private:
  KeyReader& keys_;
  const Id own_;
  std::array<Sealer, 7> sealers_{Sealer("postern/conversation"), Sealer("postern/contact"), Sealer("postern/timer"),
                                 Sealer("postern/state"),        Sealer("postern/cursor"),  Sealer("postern/command"),
                                 Sealer("postern/attempt")};
  Bytes blob_;
};

/// Writes rows within the writer's transaction. Errors stick to the connection.
class RowWriter {
 public:
  RowWriter(Database& database, Documents& documents);

  /// Writes the last form of each row, in the order of the tables' keys. `first` is the index of the transaction's
  /// first record: a row that was born at or after it and dies here is not in the table, and is left alone. SeenRow,
  /// IdentityRow, TokenRow, PastAttempt, KeysGone and MonthGone are not for these tables and are passed over.
  void write(const std::vector<const core::Row*>& rows, std::int64_t first);

 private:
  /// A row's place: rows of one table and key stand together, the newest last.
  struct Slot {
    std::size_t table;
    std::int64_t key;
    std::size_t order;
    auto operator<=>(const Slot&) const = default;
  };
  void put(const core::ConversationRow& row, std::int64_t first);
  void put(const core::ContactRow& row, std::int64_t first);
  void put(const core::OpenTurnRow& row, std::int64_t first);
  void put(const core::TurnRow& row, std::int64_t first);
  void put(const core::OutboxRow& row, std::int64_t first);
  void put(const core::TimerRow& row, std::int64_t first);
  void put(const core::StateRow& row, std::int64_t first);
  void put(const core::CursorRow& row, std::int64_t first);
  void put(const core::AccountRow& row, std::int64_t first);
  void put(const core::MediumRow& row, std::int64_t first);
  void put(const core::ShredRow& row, std::int64_t first);
  void put(const core::LinkRow& row, std::int64_t first);
  void put(const core::BodyGone& row, std::int64_t first);
  void put(const core::CommandRow& row, std::int64_t first);
  void put(const core::ErasureRow& row, std::int64_t first);
  void put(const core::ContactGone& row, std::int64_t first);
  void put(const core::HoldRow& row, std::int64_t first);
  void put(const core::RestoredRow& row, std::int64_t first);
  void put(const core::ApprovalRow& row, std::int64_t first);
  void put(const core::DeletionRow& row, std::int64_t first);
  void put(const core::KeysGone&, std::int64_t) {}
  void put(const core::MonthGone&, std::int64_t) {}
  void put(const core::SeenRow&, std::int64_t) {}
  void put(const core::PastAttempt&, std::int64_t) {}
  void put(const core::IdentityRow&, std::int64_t) {}
  void put(const core::TokenRow&, std::int64_t) {}

  Documents& documents_;
  Salts salts_;
  std::vector<Slot> slots_;
  Statement conversation_, contact_, open_turn_, end_open_turn_, turn_, outbox_, end_outbox_, timer_, end_timer_,
      state_, cursor_, account_, command_, end_command_, medium_, end_medium_, shred_, end_shred_, body_gone_, link_,
      erasure_, end_erasure_, conversation_gone_, contact_gone_, states_gone_, hold_, known_copy_, restored_, approval_,
      end_approval_, deletion_, end_deletion_;
};

/// Reads them, documents opened, over any connection. After use, the connection's error says whether all was read.
class RowReader {
 public:
  RowReader(Database& database, Documents& documents);

  std::optional<core::ConversationRow> conversation(std::int64_t number);
  std::optional<core::ContactRow> contact(std::int64_t number);
  /// At most `limit` with a number below `before`, newest first.
  std::vector<core::ConversationRow> conversations_before(std::int64_t before, std::size_t limit);
  /// All that records after this one have made, ascending.
  std::vector<core::ConversationRow> conversations_after(std::int64_t number);
  std::vector<core::ContactRow> contacts_after(std::int64_t number);
  std::vector<core::OpenTurnRow> open_turns();
  std::vector<core::TurnRow> turns_after(std::int64_t index, std::size_t limit);
  std::vector<core::OutboxRow> outbox();
  std::vector<core::TimerRow> timers();
  /// A contact's; of none: those of scope account and all.
  std::vector<core::StateRow> states(const Id& contact);
  std::vector<core::CursorRow> cursors();
  std::vector<core::AccountRow> accounts();
  /// The oldest first.
  std::vector<core::CommandRow> commands();
  /// Those that are still to be fetched, ascending.
  std::vector<core::MediumRow> media_to_fetch();
  /// Those of one event, ascending.
  std::vector<core::MediumRow> media_of(std::int64_t event);
  /// Names of all files that are kept.
  std::set<std::string> media_files();
  std::vector<core::ShredRow> shreds();
  std::vector<core::LinkRow> links();
  /// The oldest first.
  std::vector<core::ErasureRow> erasures();
  /// Those that are not released.
  std::vector<core::HoldRow> holds();
  std::vector<core::ApprovalRow> approvals();
  /// The oldest first.
  std::vector<core::DeletionRow> deletions();

 private:
  core::ConversationRow read_conversation(const Statement& at);
  core::ContactRow read_contact(const Statement& at);

  Documents& documents_;
  Statement conversation_, contact_, conversations_before_, conversations_after_, contacts_after_, open_turns_, turns_,
      outbox_, timers_, states_, cursors_, accounts_, commands_, media_to_fetch_, media_of_, media_files_, shreds_,
      links_, erasures_, holds_, approvals_, deletions_;
};

}  // namespace postern::ledger
