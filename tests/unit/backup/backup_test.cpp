// SPDX-License-Identifier: Apache-2.0
// Copies made while the ledger is written; and that reading all of it holds nothing that a commit waits for.
#include "backup/backup.hpp"

#include <thread>

#include "backup/copied.hpp"
#include "backup/restore.hpp"
#include "bag/export.hpp"
#include "diary.hpp"
#include "ledger/live.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;
namespace fs = std::filesystem;

namespace {

/// A second hand at a database: what another connection may do at this moment, without waiting.
class Rival {
 public:
  explicit Rival(const fs::path& path) {
    REQUIRE(sqlite3_open(path.c_str(), &handle_) == SQLITE_OK);
    sqlite3_busy_timeout(handle_, 0);
  }
  ~Rival() { sqlite3_close(handle_); }
  bool can(const char* sql) { return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) == SQLITE_OK; }
  /// Shortens the log to nothing: every reader has to have let go of it.
  bool can_truncate() {
    return sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr) == SQLITE_OK;
  }

 private:
  sqlite3* handle_ = nullptr;
};

void fill(Diary& diary, int messages) {
  for (int n = 0; n < messages; ++n) diary.message("m" + std::to_string(n), "message " + std::to_string(n));
  diary.commit();
}

}  // namespace

TEST_CASE("a backup that is made while the ledger grows is of one instant, and a state can be made of it") {
  Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  fill(diary, 3'000);
  auto view = store->open_view();
  REQUIRE(view);
  std::atomic<bool> done = false;
  Result<backup::Made> made;
  std::thread copying([&] {
    made = backup::make(**view, {folder.path() / "backup", true, diary.wall()});
    done = true;
  });
  int commits = 0;
  for (; !done && commits < 5'000; ++commits) fill(diary, 1);
  copying.join();
  INFO((made ? "" : text(made.error())));
  REQUIRE(made);
  CHECK(commits > 0);
  CHECK(made->records >= 3'001);
  CHECK(made->records <= static_cast<std::uint64_t>(3'001 + commits));
  const auto vkey = store->genesis().text();
  const auto verdict = backup::verify(folder.path() / "backup", vkey);
  REQUIRE(verdict);
  CHECK(verdict->code() == Code::ok);
  CHECK(verdict->leaves == made->records);
  CHECK(verdict->intact == made->records - 1);

  const auto restored = backup::restore({folder.path() / "backup", folder.path() / "again", {}, vkey});
  INFO((restored ? "" : text(restored.error())));
  REQUIRE(restored);
  CHECK(restored->signing_key);
  CHECK_FALSE(backup::restore({folder.path() / "backup", folder.path() / "again", {}, vkey}));
  auto options = folder.options();
  options.kek_directory = options.directory;  // it is not in the backup
  options.directory = folder.path() / "again";
  auto again = must_open(options);
  const auto image = again->take_image();
  CHECK(image.next_index == static_cast<std::int64_t>(made->records));
  CHECK(image.copied > 0);
}

TEST_CASE("keys are copied in queries of some rows, all of them, the same") {
  Folder folder;
  auto store = must_open(folder.options());
  std::vector<KeyWriter::Need> needs;
  for (int n = 0; n < 3'000; ++n) needs.push_back({crypto::random_id(), 24'000 + n % 3});
  REQUIRE(store->keys().ensure(needs));
  auto view = store->open_view();
  REQUIRE(view);
  Diary diary(*store);
  REQUIRE(backup::make(**view, {folder.path() / "backup", false, diary.wall()}));
  auto copied = Database::open(folder.path() / "backup" / "data" / "keys.db", Access::read);
  REQUIRE(copied);
  auto& live = store->keys().database();
  for (const char* of : {"SELECT count(*) FROM subject", "SELECT count(*) FROM secret", "PRAGMA user_version",
                         "SELECT sum(length(wrapped)) FROM subject"})
    CHECK(copied->integer(of) == live.integer(of));
  auto same = copied->prepare("SELECT wrapped FROM subject WHERE sid=? AND month=?");
  auto wanted = live.prepare("SELECT wrapped FROM subject WHERE sid=? AND month=?");
  for (const auto& need : needs) {
    REQUIRE(same.query(need.subject, need.month).next());
    REQUIRE(wanted.query(need.subject, need.month).next());
    REQUIRE(std::ranges::equal(same.blob(0), wanted.blob(0)));
  }
}

TEST_CASE("an export that is read page by page holds no lock that a commit or an erasure waits for") {
  Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  fill(diary, 1'000);
  auto view = store->open_view();
  REQUIRE(view);
  auto log = open_live(**view);
  REQUIRE(log);
  Rival ledger(folder.path() / "state" / "ledger.db"), keys(folder.path() / "state" / "keys.db");
  int leaves = 0;
  for (auto leaf = (*log)->next_leaf(); leaf && *leaf; leaf = (*log)->next_leaf()) {
    if (++leaves % 100 != 0) continue;
    REQUIRE((*log)->blob(1 << 20));
    CHECK(sqlite3_txn_state((*view)->log().handle(), nullptr) == SQLITE_TXN_NONE);
    CHECK(ledger.can("BEGIN IMMEDIATE; ROLLBACK"));
    CHECK(ledger.can_truncate());
    CHECK(keys.can("BEGIN EXCLUSIVE; ROLLBACK"));
  }
  CHECK(leaves == 1'001);
}
