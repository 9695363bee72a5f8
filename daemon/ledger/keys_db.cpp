// SPDX-License-Identifier: Apache-2.0
#include "ledger/keys_db.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "ledger/format/sealed.hpp"

namespace postern::ledger {

namespace {

namespace json = boost::json;

constexpr std::int64_t kScan = 4'096;  ///< rows of table `identity` that are read at a time
constexpr std::size_t kAlike = 4;      ///< bytes that the subjects of one lot of spares begin with

void seal_string(Sealer& sealer, const crypto::Key& key, const crypto::Key& salt, const NewIdentity& identity,
                 Bytes& blob) {
  json::object profile{{"account", identity.account},
                       {"kind", identity.kind == Lookup::Kind::contact ? "contact" : "thread"},
                       {"string", identity.string},
                       {"number", identity.number}};
  blob.clear();
  sealer.seal(key, salt, 0, json::serialize(profile), blob);
}

}  // namespace

KeyReader::KeyReader(Database database, const Keks& keks, Keyring& keyring)
    : database_(std::move(database)),
      keks_(keks),
      keyring_(keyring),
      select_subject_(database_.prepare("SELECT wrapped, kek FROM subject WHERE sid=? AND month=?")),
      select_identity_(database_.prepare("SELECT id, kek, sealed_profile FROM identity WHERE look=?")),
      select_secret_(database_.prepare("SELECT wrapped, kek FROM secret WHERE name=?")),
      select_tokens_(database_.prepare("SELECT account, asked, due, ends, kek, sealed FROM token ORDER BY account")),
      scan_identity_(database_.prepare("SELECT look, id FROM identity WHERE look>=? ORDER BY look LIMIT ?")) {
  for (const auto& [number, kek] : keks.all()) lookups_.try_emplace(number, kek);
}

std::optional<crypto::Key> KeyReader::unwrapped(ByteView wrapped, std::int64_t kek) const {
  const auto* key = keks_.find(kek);
  return key != nullptr ? crypto::unwrap(*key, wrapped) : std::nullopt;
}

std::optional<crypto::Key> KeyReader::subject_key(const Id& subject, int month) {
  if (auto key = keyring_.find(subject, month)) return key;
  if (!select_subject_.query(subject, month).next()) return std::nullopt;
  auto key = unwrapped(select_subject_.blob(0), select_subject_.integer(1));
  select_subject_.reset();
  if (key) keyring_.remember(subject, month, *key);
  return key;
}

std::optional<crypto::Key> KeyReader::identity_key(Lookup::Kind kind, const Id& id, std::int64_t kek) {
  if (kind == Lookup::Kind::contact) return subject_key(id, kProfileMonth);
  const auto* key = keks_.find(kek);
  return key != nullptr ? std::optional(thread_key(*key)) : std::nullopt;
}

std::optional<Identity> KeyReader::identity(std::string_view account, Lookup::Kind kind, std::string_view string) {
  struct Row {
    Id id;
    std::int64_t kek;
    Bytes sealed;
  };
  std::vector<Row> rows;  // two strings can share a look-up key, so each is confirmed
  // With the oldest KEK first: a row that moves to its new place meanwhile is then found at one of the two.
  for (const auto& [number, look] : lookups_) {
    select_identity_.query(look(account, kind, string));
    while (select_identity_.next()) {
      const auto sealed = select_identity_.blob(2);
      rows.push_back({select_identity_.id(0), select_identity_.integer(1), Bytes(sealed.begin(), sealed.end())});
    }
  }
  Sealer sealer{std::string(kKeysOrigin)};
  for (const auto& row : rows) {
    const auto key = identity_key(kind, row.id, row.kek);
    const auto opened = key ? sealer.open(*key, 0, row.sealed) : failure("the key is gone");
    if (!opened) continue;
    json::error_code error;
    const auto profile = json::parse(chars(*opened), error);
    const auto* object = error ? nullptr : profile.if_object();
    if (object == nullptr) continue;
    const std::string_view kind_name = kind == Lookup::Kind::contact ? "contact" : "thread";
    if (object->at("account").as_string() != account || object->at("kind").as_string() != kind_name ||
        object->at("string").as_string() != string)
      continue;
    return Identity{row.id, object->at("number").as_int64()};
  }
  return std::nullopt;
}

core::IdentityKey KeyReader::key_of(const core::IdentityRow& row) const {
  const auto kind = row.thread ? Lookup::Kind::thread : Lookup::Kind::contact;
  return {lookups_.rbegin()->second(row.account, kind, row.string), row.id};
}

std::vector<core::IdentityKey> KeyReader::identities_of(const std::vector<Id>& ids) {
  std::vector<core::IdentityKey> found;
  std::int64_t from = INT64_MIN;
  for (std::int64_t rows = kScan; rows == kScan;) {
    std::int64_t last = from;
    rows = 0;
    for (scan_identity_.query(from, kScan); scan_identity_.next(); ++rows) {
      last = scan_identity_.integer(0);
      const core::IdentityKey key{last, scan_identity_.id(1)};
      const bool new_one = found.empty() || found.back().look != key.look || found.back().id != key.id;
      if (new_one && std::ranges::find(ids, key.id) != ids.end()) found.push_back(key);
    }
    if (last == from) break;  // so many rows of one key there cannot be
    from = last;              // of its rows some may be left
  }
  return found;
}

std::optional<crypto::Key> KeyReader::secret(std::string_view name) {
  if (!select_secret_.query(name).next()) return std::nullopt;
  auto key = unwrapped(select_secret_.blob(0), select_secret_.integer(1));
  select_secret_.reset();
  return key;
}

KeyWriter::KeyWriter(Database database, const Keks& keks, Keyring& keyring)
    : KeyReader(std::move(database), keks, keyring),
      insert_subject_(database_.prepare("INSERT INTO subject VALUES(?,?,?,?)")),
      insert_identity_(database_.prepare("INSERT OR REPLACE INTO identity VALUES(?,?,?,?)")),
      insert_secret_(database_.prepare("INSERT INTO secret VALUES(?,?,?)")),
      insert_token_(database_.prepare("INSERT OR REPLACE INTO token VALUES(?,?,?,?,?,?)")),
      delete_subject_(database_.prepare("DELETE FROM subject WHERE sid=?")),
      delete_month_(database_.prepare("DELETE FROM subject WHERE sid=? AND month=?")),
      delete_identity_(database_.prepare("DELETE FROM identity WHERE look=? AND id=?")),
      delete_named_(database_.prepare("DELETE FROM identity WHERE id=?")) {}

void KeyWriter::insert_key(const Id& subject, int month, const crypto::Key& key) {
  insert_subject_.run(subject, month, crypto::wrap(keks_.current(), key), keks_.newest());
}

Sql<void> KeyWriter::ensure(const std::vector<Need>& needs) {
  std::vector<Need> missing;
  for (const auto& need : needs)
    if (!keyring_.is_forgotten(need.subject) && !subject_key(need.subject, need.month)) missing.push_back(need);
  if (auto error = database_.take_error()) return tl::unexpected(std::move(*error));
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return make(missing);
}

Sql<void> KeyWriter::make(const std::vector<Need>& needs) {
  if (needs.empty()) return {};
  std::vector<crypto::Key> made;
  Transaction transaction(database_);
  for (const auto& need : needs) {
    made.push_back(random_.next());
    insert_key(need.subject, need.month, made.back());
  }
  if (auto done = transaction.commit(); !done) return done;
  for (std::size_t at = 0; at < needs.size(); ++at) keyring_.remember(needs[at].subject, needs[at].month, made[at]);
  return {};
}

Sql<std::vector<Id>> KeyWriter::spares(std::size_t count, int month) {
  // They begin alike, so that they lie side by side in the table: a page each, as it was, cost more than all the rest.
  // The other 96 bits tell them apart.
  const auto lot = crypto::random_id();
  std::vector<Id> ids(count);
  for (auto& id : ids) {
    std::copy_n(random_.next().begin(), id.bytes.size(), id.bytes.begin());
    std::copy_n(lot.bytes.begin(), kAlike, id.bytes.begin());
  }
  std::sort(ids.begin(), ids.end());  // in the order of the table
  std::vector<Need> needs;
  for (const auto& id : ids) {
    needs.push_back({id, kProfileMonth});
    needs.push_back({id, month});
  }
  if (auto done = make(needs); !done) return tl::unexpected(done.error());
  return ids;
}

Sql<void> KeyWriter::write(const std::vector<NewIdentity>& identities) {
  const auto newest = keks_.newest();
  const auto& look = lookups_.at(newest);
  std::vector<std::pair<std::int64_t, const NewIdentity*>> sorted;
  for (const auto& identity : identities)
    sorted.emplace_back(look(identity.account, identity.kind, identity.string), &identity);
  std::sort(sorted.begin(), sorted.end());
  Sealer sealer{std::string(kKeysOrigin)};
  Bytes blob;
  Transaction transaction(database_);
  for (const auto& [number, identity] : sorted) {
    const auto key = identity_key(identity->kind, identity->id, newest);
    if (!key) continue;  // erased since
    seal_string(sealer, *key, random_.next(), *identity, blob);
    insert_identity_.run(number, identity->id, newest, blob);
  }
  return transaction.commit();
}

Sql<crypto::Key> KeyWriter::make_secret(std::string_view name) {
  const auto key = crypto::random_key();
  Transaction transaction(database_);
  insert_secret_.run(name, crypto::wrap(keks_.current(), key), keks_.newest());
  if (auto done = transaction.commit(); !done) return tl::unexpected(done.error());
  return key;
}

Sql<void> KeyWriter::erase(const std::vector<const core::KeysGone*>& gone) {
  for (const auto* one : gone) keyring_.forget(one->contact);
  Transaction transaction(database_);
  for (const auto* one : gone) {
    delete_subject_.run(one->contact);
    for (const auto& key : one->identities) delete_identity_.run(key.look, key.id);
    // While there is an older KEK they may have moved since they were found: the whole table is looked through.
    if (keks_.all().size() == 1) continue;
    for (const auto& name : one->names) delete_named_.run(name);
  }
  return transaction.commit();
}

Sql<void> KeyWriter::erase(const std::vector<core::MonthGone>& months) {
  Transaction transaction(database_);
  for (const auto& [contact, month] : months) {
    keyring_.forget(contact, month);
    delete_month_.run(contact, month);
  }
  return transaction.commit();
}

}  // namespace postern::ledger
