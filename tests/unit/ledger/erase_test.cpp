// SPDX-License-Identifier: Apache-2.0
// What an erasure leaves on the disk, and what a verifier says of it: at its end, and after a kill between its steps.
#include <chrono>
#include <fstream>
#include <iterator>

#include "diary.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"
#include "ledger/subject.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Verdict judged(Store& store) {
  auto reader = store.open_view();
  REQUIRE(reader);
  auto log = open_live(**reader);
  REQUIRE(log);
  Pins pins;
  pins.genesis = store.genesis();
  return verify(**log, pins);
}

core::RemainsFound remains(Store& store, const Id& contact, std::int64_t before = core::kNone) {
  auto reader = store.open_view();
  REQUIRE(reader);
  auto found = find_remains(**reader, {0, contact, before});
  REQUIRE(found);
  return std::move(*found);
}

core::KeysGone keys_of(std::int64_t number, const Id& contact, const core::RemainsFound& found) {
  return {number, contact, found.identities, found.names};
}

/// The batch that core/erasing.cpp makes of a lot.
void take_away(Diary& diary, const core::RemainsFound& found) {
  if (found.first) {
    diary.add_row(keys_of(1, diary.contact(), found));
    diary.add_row(core::ContactGone{1, diary.contact(), found.conversations});
  }
  for (const auto body : found.bodies) diary.add_row(core::BodyGone{body});
  auto& made = diary.add("subject.erased");
  made.contact = diary.contact();
  made.outcome = found.before == core::kNone ? "ok" : "deferred";
  made.count = static_cast<std::int64_t>(found.bodies.size());
  core::ErasureRow row;
  row.request = 0;
  row.contact = diary.contact();
  row.erase = found.before == core::kNone;
  diary.add_row(row);
  diary.commit();
}

void erase(Store& store, Diary& diary) {
  for (auto before = core::kNone;;) {
    const auto found = remains(store, diary.contact(), before);
    take_away(diary, found);
    if (found.before == core::kNone) return;
    before = found.before;
  }
}

/// Somebody else, whose records stand among the others.
std::int64_t other_says(Diary& diary, const Id& other, const std::string& text) {
  auto& made = diary.add("msg.in");
  made.account = core::intern("acme");
  made.contact = other;
  made.retention = "dm";
  made.body = std::make_shared<const std::string>(text);
  return made.index;
}

}  // namespace

TEST_CASE("an erased contact has no key, no name and no body in any file, and the others keep theirs") {
  const Folder folder;
  auto store = must_open(folder.options());
  const Id other = crypto::random_id();
  std::vector<std::int64_t> others;
  std::string blob;
  Id contact;
  {
    Diary diary(*store);
    contact = diary.contact();
    const auto first = diary.message("m0", "canary " + std::string(3'000, 'y'));
    diary.add_row(core::IdentityRow{false, core::intern("acme"), "psid-4711", contact, first});
    for (int i = 1; i < 1'200; ++i) {
      diary.message("m" + std::to_string(i), "canary");
      if (i % 100 == 0) others.push_back(other_says(diary, other, "stays"));
    }
    diary.commit();
    {
      auto reader = store->open_view();
      REQUIRE(reader);
      blob = chars((*reader)->records().blob(first));
      REQUIRE((*reader)->identity("acme", Lookup::Kind::contact, "psid-4711"));
      const auto found = find_subject(**reader, {7, {}, core::intern("acme"), "psid-4711"});
      REQUIRE(found);
      REQUIRE(found->contact);
      CHECK(found->contact->id == contact);
      CHECK(found->conversations.size() == 1);
      const auto same = find_subject(**reader, {7, contact, {}, {}});
      REQUIRE(same);
      CHECK(same->contact->number == found->contact->number);
    }
    fs::copy(folder.path() / "state" / "ledger.db", folder.path() / "old.db");
    fs::copy(folder.path() / "state" / "ledger.db-wal", folder.path() / "old.db-wal");
    const auto looked = remains(*store, contact);
    CHECK(looked.bodies.size() == kLotOfBodies);
    CHECK(looked.identities.size() == 2);
    CHECK(looked.conversations == std::vector<std::int64_t>{first});
    erase(*store, diary);
    CHECK(fs::file_size(folder.path() / "state" / "ledger.db-wal") == 0);
  }
  const auto verdict = judged(*store);
  CHECK(verdict.code() == Code::erased);
  CHECK(verdict.shredded == 1'200);
  CHECK(verdict.intact == others.size());
  CHECK(verdict.missing + verdict.bad == 0);

  auto reader = store->open_view();
  REQUIRE(reader);
  CHECK_FALSE((*reader)->keys().subject_key(contact, kProfileMonth));
  CHECK_FALSE((*reader)->identity("acme", Lookup::Kind::contact, "psid-4711"));
  CHECK_FALSE((*reader)->identity("acme", Lookup::Kind::thread, "t"));
  for (const auto index : others) CHECK(*(*reader)->records().body(index).value() == "stays");
  for (const auto* name : {"ledger.db", "ledger.db-wal"})
    CHECK(content(folder.path() / "state" / name).find(blob.substr(100, 32)) == std::string::npos);
  for (const auto* name : {"keys.db", "keys.db-journal"})
    CHECK(content(folder.path() / "state" / name).find(std::string(chars(contact.bytes))) == std::string::npos);

  // Who has kept a copy of the ledger from before, and gets hold of today's keys, opens nothing.
  auto old = Database::open((folder.path() / "old.db").string(), Access::read);
  REQUIRE(old);
  auto rows = old->prepare("SELECT count(*) FROM event WHERE blob IS NOT NULL");
  REQUIRE(rows.query().next());
  CHECK(rows.integer(0) == 1'200 + static_cast<std::int64_t>(others.size()));
  auto keys = Database::open((folder.path() / "state" / "keys.db").string(), Access::read);
  REQUIRE(keys);
  auto left = keys->prepare("SELECT count(*) FROM subject WHERE sid=?");
  REQUIRE(left.query(contact).next());
  CHECK(left.integer(0) == 0);
}

TEST_CASE("a kill between two steps of an erasure leaves what nobody can read, and the rest is found again") {
  const Folder folder;
  Id contact;
  std::int64_t first = 0;
  {
    auto store = must_open(folder.options());
    Diary diary(*store);
    contact = diary.contact();
    first = diary.message("m0", "canary");
    for (int i = 1; i < 700; ++i) diary.message("m" + std::to_string(i), "canary");
    diary.commit();
    const bool after_keys = GENERATE(true, false);
    const auto found = remains(*store, contact);
    if (after_keys) {
      // The keys' commit, and then the end.
      const auto gone = keys_of(first, contact, found);
      REQUIRE(store->keys().erase({&gone}));
    } else {
      take_away(diary, found);
    }
  }
  auto store = must_open(folder.options());
  auto reader = store->open_view();
  REQUIRE(reader);
  CHECK_FALSE((*reader)->keys().subject_key(contact, kProfileMonth));
  const auto body = (*reader)->records().body(first);
  REQUIRE(body);
  CHECK_FALSE(*body);
  const auto verdict = judged(*store);
  CHECK(verdict.missing + verdict.bad == 0);
  CHECK(verdict.intact + verdict.shredded == 700);
  // No key is needed to find what is left.
  std::size_t left = 0;
  for (auto before = core::kNone;;) {
    const auto found = remains(*store, contact, before);
    left += found.bodies.size();
    if (found.before == core::kNone) break;
    before = found.before;
  }
  CHECK(left == verdict.intact);
}

TEST_CASE("a body that is gone without a record that says so is missing") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto index = diary.message("m1", "canary");
  diary.commit();
  diary.add_row(core::BodyGone{index});
  diary.add("audit.heartbeat");
  diary.commit();
  const auto verdict = judged(*store);
  CHECK(verdict.code() == Code::incomplete);
  CHECK(verdict.missing == 1);
}

TEST_CASE("for somebody who is erased no key is made again, whoever asks") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  diary.message("m1", "canary");
  diary.commit();
  erase(*store, diary);
  const auto late = diary.message("m2", "canary, late");
  diary.commit();
  auto reader = store->open_view();
  REQUIRE(reader);
  std::string leaf;
  const auto read = (*reader)->records().read(late, leaf);
  REQUIRE(read);
  CHECK(read->h.empty());
  CHECK_FALSE((*reader)->keys().subject_key(diary.contact(), kProfileMonth));
}
