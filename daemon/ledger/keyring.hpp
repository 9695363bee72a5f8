// SPDX-License-Identifier: Apache-2.0
// Keys of subjects. The KEKs come from files named kek.<N>; keys.db holds every subject's keys wrapped under one of
// them; the keyring holds the unwrapped ones that were used last. Writer, loader and reader share it: it is the one
// object of the daemon with a lock of its own, and what it forgets is gone.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/crypto.hpp"
#include "ledger/format/keys.hpp"
#include "ledger/sqlite.hpp"

namespace postern::ledger {

inline constexpr int kProfileMonth = 0;  ///< the "month" of a subject's profile key

/// The key encryption keys, by their number. Immutable.
class Keks {
 public:
  /// Reads every kek.<N> of the directory: 32 bytes, or 64 hex digits. With `create`, makes kek.1 if there is none.
  static Result<Keks> load(const std::filesystem::path& directory, bool create);
  /// One more key, from elsewhere: a credential that the configuration names.
  void add(std::int64_t number, const crypto::Key& key) { keys_[number] = key; }

  std::int64_t newest() const { return keys_.rbegin()->first; }
  /// Null: that file was taken away, and with it everything wrapped under it.
  const crypto::Key* find(std::int64_t number) const;
  const crypto::Key& current() const { return keys_.rbegin()->second; }

 private:
  std::map<std::int64_t, crypto::Key> keys_;
};

/// The unwrapped keys that were used last; at most 2 × `capacity`. Any thread.
class Keyring {
 public:
  explicit Keyring(std::size_t capacity = 60'000) : capacity_(capacity) {}

  std::optional<crypto::Key> find(const Id& subject, int month);
  void remember(const Id& subject, int month, const crypto::Key& key);
  /// All keys of a subject: it was erased.
  void forget(const Id& subject);

 private:
  struct Name {
    Id subject;
    int month;
    bool operator==(const Name&) const = default;
  };
  struct HashName {
    std::size_t operator()(const Name& name) const { return std::hash<Id>()(name.subject) + std::size_t(name.month); }
  };
  using Keys = std::unordered_map<Name, crypto::Key, HashName>;

  const std::size_t capacity_;
  std::mutex mutex_;
  Keys young_, old_;  // when the young ones are too many they become the old, and the old ones go
};

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
  /// A key of the ledger itself.
  std::optional<crypto::Key> secret(std::string_view name);
  Database& database() { return database_; }

 protected:
  std::optional<crypto::Key> unwrapped(ByteView wrapped, std::int64_t kek) const;
  /// The key that seals an identity row's strings.
  std::optional<crypto::Key> identity_key(Lookup::Kind kind, const Id& id, std::int64_t kek);

  Database database_;
  const Keks& keks_;
  Keyring& keyring_;
  std::map<std::int64_t, Lookup> lookups_;  // by KEK number
  Statement select_subject_, select_identity_, select_secret_;
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
  Sql<crypto::Key> make_secret(std::string_view name);

 private:
  void insert_key(const Id& subject, int month, const crypto::Key& key);

  Statement insert_subject_, insert_identity_, insert_secret_;
};

}  // namespace postern::ledger
