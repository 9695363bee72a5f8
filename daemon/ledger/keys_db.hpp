// SPDX-License-Identifier: Apache-2.0
// keys.db: the subjects' keys, wrapped under a KEK, and what the platforms call whom, sealed.
#pragma once
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "core/row.hpp"
#include "ledger/format/keys.hpp"
#include "ledger/kek.hpp"
#include "ledger/keyring.hpp"
#include "ledger/salts.hpp"
#include "ledger/sqlite.hpp"

namespace postern::ledger {

/// A row of table `identity`, opened: what the platform calls a contact or a thread, and which one it is.
struct Identity {
  Id id{};
  std::int64_t number = -1;  ///< of the conversation or contact
};

/// Reads keys.db over a connection of its own. One thread at a time.
class KeyReader {
 public:
  KeyReader(Database database, const Keks& keks, Keyring& keyring);

  /// From the keyring or the table. Nothing: the subject was erased, or the KEK is gone.
  std::optional<crypto::Key> subject_key(const Id& subject, int month);
  std::optional<Identity> identity(std::string_view account, Lookup::Kind kind, std::string_view string);
  /// Where the table keeps what these are called by. There is no index of it: the whole table is read, in short
  /// queries, so that no commit to keys.db waits.
  std::vector<core::IdentityKey> identities_of(const std::vector<Id>& ids);
  /// Where the table will keep such a row.
  core::IdentityKey key_of(const core::IdentityRow& row) const;
  /// A key of the ledger itself.
  std::optional<crypto::Key> secret(std::string_view name);
  /// What platforms have issued, opened. A row whose KEK is gone is left out: the configured tokens hold again.
  std::vector<core::TokenRow> tokens();
  Database& database() { return database_; }

 protected:
  std::optional<crypto::Key> unwrapped(ByteView wrapped, std::int64_t kek) const;
  /// The key that seals an identity row's strings.
  std::optional<crypto::Key> identity_key(Lookup::Kind kind, const Id& id, std::int64_t kek);

  Database database_;
  const Keks& keks_;
  Keyring& keyring_;
  std::map<std::int64_t, Lookup> lookups_;  // by KEK number
  Statement select_subject_, select_identity_, select_secret_, select_tokens_, scan_identity_;
};

/// What goes into table `identity`.
struct NewIdentity {
  Lookup::Kind kind = Lookup::Kind::contact;
  std::string_view account, string;
  Id id{};
  std::int64_t number = -1;
};

/// The one that writes keys.db: the writer's. Nothing it makes may be used before its commit has returned.
class KeyWriter : public KeyReader {
 public:
  KeyWriter(Database database, const Keks& keks, Keyring& keyring);

  /// A subject that must be able to seal in these months; profile key included.
  struct Need {
    Id subject{};
    int month = kProfileMonth;
    auto operator<=>(const Need&) const = default;
  };
  /// Makes the keys that are missing and commits them, if any is.
  Sql<void> ensure(const std::vector<Need>& needs);
  /// `count` subjects that nobody has yet, each with a profile key and one of `month`; committed when it returns.
  Sql<std::vector<Id>> spares(std::size_t count, int month);
  Sql<void> write(const std::vector<NewIdentity>& identities);
  /// In the order given: the last of an account holds.
  Sql<void> write(const std::vector<const core::TokenRow*>& tokens);
  Sql<crypto::Key> make_secret(std::string_view name);
  /// Deletes all keys of these subjects and these rows of table `identity`, in one transaction.
  Sql<void> erase(const std::vector<const core::KeysGone*>& gone);
  Sql<void> erase(const std::vector<core::MonthGone>& months);

 private:
  /// What no table has yet, so that it need not be looked up.
  Sql<void> make(const std::vector<Need>& needs);
  void insert_key(const Id& subject, int month, const crypto::Key& key);

  Salts random_;
  Statement insert_subject_, insert_identity_, insert_secret_, insert_token_, delete_subject_, delete_month_,
      delete_identity_, delete_named_;
};

}  // namespace postern::ledger
