// SPDX-License-Identifier: Apache-2.0
// A query-only view of both files, documents and bodies opened. Loader, reader and start-up have one each; it belongs
// to one thread at a time. No query leaves a read transaction open behind it, so none holds the writer's checkpoint up.
#pragma once
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ledger/format/checkpoint.hpp"
#include "ledger/keys_db.hpp"
#include "ledger/lots.hpp"
#include "ledger/records.hpp"
#include "ledger/rows.hpp"

namespace postern::ledger {

/// What all views of one ledger share.
struct Shared {
  std::string origin;
  Id own_subject{};  ///< seals what belongs to no contact
  VKey genesis;
  Micros key_age = 0;  ///< at which the signing key gives way; for who asks
  Keks keks;
  Keyring keyring;
  PendingLot pending;
};

class View {
 public:
  View(Database log, Database keys, Shared& shared);

  Database& log() { return log_; }
  KeyReader& keys() { return keys_; }
  RowReader& rows() { return rows_; }
  RecordReader& records() { return records_; }
  const Shared& shared() const { return shared_; }

  /// While it lives, keys.db is read in one transaction, which saves each look-up a dozen calls for locks and for signs
  /// of a hot journal. The writer's commit to keys.db waits for its end, so it is for a batch, not for an export. (Not
  /// the ledger: a look-up that misses the waiting lot has to see what was committed before that lot was cleared.)
  class KeysRead {
   public:
    explicit KeysRead(View& view) : database_(view.keys_.database()) { database_.exec("BEGIN"); }
    ~KeysRead() { database_.exec("COMMIT"); }
    KeysRead(const KeysRead&) = delete;
    KeysRead& operator=(const KeysRead&) = delete;

   private:
    Database& database_;
  };

  /// Whom the platform calls so: in the lot that waits, or in the table.
  std::optional<Identity> identity(std::string_view account, Lookup::Kind kind, std::string_view string);
  /// Is the event with this key on record? A hit of the look-up key is confirmed by the record's body.
  bool seen(std::int64_t look, std::string_view account, std::string_view key);
  /// Records of a contact or conversation with an index below `before`, newest first.
  std::vector<std::int64_t> records_of(const Id& subject, std::int64_t before, std::size_t limit);
  /// The number of the conversation or contact with this pseudonym: the record that made it.
  std::optional<std::int64_t> number_of(const Id& id);

  /// Attempts to send that began after `since` and have a row of their own, ascending.
  std::vector<core::PastAttempt> attempts_since(Micros since);

  /// The newest checkpoint and the edge at its size; nothing while the ledger is empty.
  struct Head {
    std::int64_t size = 0;
    Bytes edge;
    std::string note;
  };
  std::optional<Head> head();
  std::optional<std::int64_t> meta_integer(std::string_view name);
  /// The first error of either connection since the last call, if there was one.
  Result<void> take_error();

 private:
  bool is_event(std::int64_t record, std::string_view account, std::string_view key);

  Database log_;
  Shared& shared_;
  KeyReader keys_;
  Documents documents_;
  RowReader rows_;
  RecordReader records_;
  Statement seen_, subjects_, first_of_, head_, meta_;
};

}  // namespace postern::ledger
