// SPDX-License-Identifier: Apache-2.0
#include "ledger/renewal.hpp"

#include <boost/json.hpp>

namespace postern::ledger {
namespace {

namespace json = boost::json;

struct IdentityRow {
  std::int64_t look;
  Id id;
  std::int64_t kek;
  Bytes sealed;
};

struct SubjectRow {
  Id subject;
  std::int64_t month, kek;
  Bytes wrapped;
};

Bytes bytes_of(ByteView view) {
  return {view.begin(), view.end()};
}

/// Where the table keeps the row of this profile under the key that `look` was made of.
std::optional<std::int64_t> look_of(const Lookup& look, Lookup::Kind kind, std::string_view profile) {
  json::error_code error;
  const auto value = json::parse(profile, error);
  const auto* object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::nullopt;
  return look(std::string_view(object->at("account").as_string()), kind,
              std::string_view(object->at("string").as_string()));
}

}  // namespace

Renewal::Renewal(KeyWriter& keys, const Keks& keks)
    : keys_(keys),
      keks_(keks),
      newest_(keks.newest()),
      look_(keks.current()),
      sealer_(std::string(kKeysOrigin)),
      secrets_(keys.database().prepare("SELECT name, wrapped, kek FROM secret WHERE kek<?")),
      identities_(keys.database().prepare("SELECT look, id, kek, sealed_profile FROM identity WHERE (look,id)>(?,?) "
                                          "ORDER BY look, id LIMIT ?")),
      subjects_(keys.database().prepare("SELECT sid, month, kek, wrapped FROM subject WHERE (sid,month)>(?,?) "
                                        "ORDER BY sid, month LIMIT ?")),
      set_secret_(keys.database().prepare("UPDATE secret SET wrapped=?, kek=? WHERE name=?")),
      set_identity_(keys.database().prepare("INSERT OR REPLACE INTO identity VALUES(?,?,?,?)")),
      drop_identity_(keys.database().prepare("DELETE FROM identity WHERE look=? AND id=?")),
      set_subject_(keys.database().prepare("UPDATE subject SET wrapped=?, kek=? WHERE sid=? AND month=?")),
      drop_tokens_(keys.database().prepare("DELETE FROM token WHERE kek<?")) {}

Sql<bool> Renewal::step() {
  const auto next = [this](Stage stage, Sql<bool> more) -> Sql<bool> {
    if (!more) return more;
    if (!*more) stage_ = stage;
    return true;
  };
  switch (stage_) {
    case Stage::few: {
      if (auto done = renew_few(); !done) return tl::unexpected(done.error());
      stage_ = Stage::identities;
      return true;
    }
    case Stage::identities:
      return next(Stage::subjects, renew_identities());
    case Stage::subjects:
      return next(Stage::done, renew_subjects());
    case Stage::done:
      break;
  }
  return false;
}

/// The ledger's own keys, and what platforms have issued.
Sql<void> Renewal::renew_few() {
  std::vector<std::pair<std::string, crypto::Key>> secrets;
  for (secrets_.query(newest_); secrets_.next();) {
    const auto* kek = keks_.find(secrets_.integer(2));
    const auto key = kek != nullptr ? crypto::unwrap(*kek, secrets_.blob(1)) : std::nullopt;
    if (key) secrets.emplace_back(secrets_.text(0), *key);
  }
  const auto tokens = keys_.tokens();
  std::vector<const core::TokenRow*> rows;
  for (const auto& token : tokens) rows.push_back(&token);
  changed_ |= !secrets.empty();
  if (auto done = keys_.write(rows); !done) return done;
  Transaction transaction(keys_.database());
  for (const auto& [name, key] : secrets) set_secret_.run(crypto::wrap(keks_.current(), key), newest_, name);
  drop_tokens_.run(newest_);  // those that nobody can open any more
  return transaction.commit();
}

/// What a platform calls somebody moves to another place in the table. False: that was the table's end.
Sql<bool> Renewal::renew_identities() {
  std::vector<IdentityRow> rows;
  for (identities_.query(look_at_, id_at_, kIdentities); identities_.next();)
    rows.push_back({identities_.integer(0), identities_.id(1), identities_.integer(2), bytes_of(identities_.blob(3))});
  Transaction transaction(keys_.database());
  Bytes sealed;
  for (const auto& row : rows) {
    const auto* kek = keks_.find(row.kek);
    if (row.kek >= newest_ || kek == nullptr) continue;
    changed_ = true;
    drop_identity_.run(row.look, row.id);
    // A thread's string is sealed under the key encryption key, a contact's under the contact's own, which may be gone:
    // then the row says nothing any more.
    auto opened = sealer_.open(thread_key(*kek), 0, row.sealed);
    const auto kind = opened ? Lookup::Kind::thread : Lookup::Kind::contact;
    if (!opened) {
      const auto key = keys_.subject_key(row.id, kProfileMonth);
      if (!key) continue;
      opened = sealer_.open(*key, 0, row.sealed);
    }
    const auto look = opened ? look_of(look_, kind, chars(*opened)) : std::nullopt;
    if (!look) continue;
    if (kind == Lookup::Kind::thread) {
      sealed.clear();
      sealer_.seal(thread_key(keks_.current()), salts_.next(), 0, chars(*opened), sealed);
    }
    set_identity_.run(*look, row.id, newest_, kind == Lookup::Kind::thread ? sealed : row.sealed);
  }
  if (auto done = transaction.commit(); !done) return tl::unexpected(done.error());
  if (rows.empty()) return false;
  look_at_ = rows.back().look;
  id_at_ = bytes_of(rows.back().id.bytes);
  return true;
}

Sql<bool> Renewal::renew_subjects() {
  std::vector<SubjectRow> rows;
  for (subjects_.query(subject_at_, month_at_, kSubjects); subjects_.next();)
    rows.push_back({subjects_.id(0), subjects_.integer(1), subjects_.integer(2), bytes_of(subjects_.blob(3))});
  Transaction transaction(keys_.database());
  for (const auto& row : rows) {
    const auto* kek = keks_.find(row.kek);
    const auto key = row.kek < newest_ && kek != nullptr ? crypto::unwrap(*kek, row.wrapped) : std::nullopt;
    if (!key) continue;
    changed_ = true;
    set_subject_.run(crypto::wrap(keks_.current(), *key), newest_, row.subject, row.month);
  }
  if (auto done = transaction.commit(); !done) return tl::unexpected(done.error());
  if (rows.empty()) return false;
  subject_at_ = bytes_of(rows.back().subject.bytes);
  month_at_ = rows.back().month;
  return true;
}

}  // namespace postern::ledger
