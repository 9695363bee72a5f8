// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include "fixture.hpp"
#include "ledger/schema.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

Database fresh(const Folder& folder, Access access, const char* name) {
  auto database = Database::open((folder.path() / name).string(), access);
  REQUIRE(database);
  return std::move(*database);
}

}  // namespace

TEST_CASE("a connection's first error sticks and undoes its transaction") {
  const Folder folder;
  auto database = fresh(folder, Access::write_log, "a.db");
  REQUIRE(database.exec("CREATE TABLE t(k INTEGER PRIMARY KEY, v TEXT NOT NULL) STRICT"));
  auto insert = database.prepare("INSERT INTO t VALUES(?,?)");
  {
    Transaction transaction(database);
    CHECK(insert.run(1, "one"));
    CHECK_FALSE(insert.run(1, "again"));
    CHECK_FALSE(insert.run(2, "two"));  // nothing runs after the first error
    const auto done = transaction.commit();
    REQUIRE_FALSE(done);
    CHECK((done.error().code & 0xff) == SQLITE_CONSTRAINT);
  }
  CHECK(database.ok());
  CHECK(database.integer("SELECT count(*) FROM t") == 0);
  Transaction transaction(database);
  CHECK(insert.run(3, "three"));
  CHECK(transaction.commit());
  CHECK(database.integer("SELECT k FROM t") == 3);
}

TEST_CASE("connections are set as the specification says") {
  const Folder folder;
  auto log = fresh(folder, Access::write_log, "log.db");
  CHECK(log.integer("PRAGMA synchronous") == 2);
  CHECK(log.integer("PRAGMA trusted_schema") == 0);
  CHECK(log.integer("PRAGMA cell_size_check") == 1);
  CHECK(log.integer("PRAGMA mmap_size").value_or(0) == 0);
  auto keys = fresh(folder, Access::write_keys, "keys.db");
  CHECK(keys.integer("PRAGMA synchronous") == 3);
  CHECK(keys.integer("PRAGMA secure_delete") == 1);
  REQUIRE(log.exec("CREATE TABLE t(k INTEGER PRIMARY KEY)"));
  auto reader = fresh(folder, Access::read, "log.db");
  CHECK(reader.integer("PRAGMA wal_autocheckpoint") == 0);
  CHECK_FALSE(reader.exec("INSERT INTO t VALUES(1)"));
}

TEST_CASE("records, tiles and checkpoints can be added and nothing else, but for the erasure of a body") {
  const Folder folder;
  auto log = fresh(folder, Access::write_log, "log.db");
  REQUIRE(migrate(log, "log.db", kLedgerSchema));
  REQUIRE(
      log.exec("INSERT INTO event VALUES(0, x'01', x'02'); INSERT INTO tile VALUES(0, x'03');"
               "INSERT INTO checkpoint VALUES(1, x'04')"));
  const bool guarded = GENERATE(false, true);  // by the triggers alone, and by the authorizer too
  if (guarded) guard(log);
  for (const auto* forbidden :
       {"DELETE FROM event", "DELETE FROM tile", "DELETE FROM checkpoint", "UPDATE event SET leaf=x'05'",
        "UPDATE event SET i=7", "UPDATE event SET blob=x'06'", "UPDATE tile SET h=x'07'",
        "UPDATE checkpoint SET note=x'08'", "INSERT OR REPLACE INTO event VALUES(0, x'09', NULL)"}) {
    INFO(forbidden);
    CHECK_FALSE(log.exec(forbidden));
    CHECK(log.take_error());
  }
  CHECK(log.exec("UPDATE event SET blob=NULL WHERE i=0"));
  CHECK(log.integer("SELECT count(*) FROM event WHERE blob IS NULL AND leaf=x'01'") == 1);
  if (guarded) CHECK_FALSE(log.exec("DROP TRIGGER event_kept"));
}

TEST_CASE("an older file is copied and brought up, a newer one refused") {
  const Folder folder;
  const auto path = (folder.path() / "m.db").string();
  auto database = fresh(folder, Access::write_log, "m.db");
  const std::vector<std::string_view> one = {"CREATE TABLE t(k INTEGER PRIMARY KEY) STRICT"};
  auto two = one;
  two.push_back("ALTER TABLE t ADD COLUMN v TEXT");
  REQUIRE(migrate(database, path, one));
  CHECK_FALSE(std::filesystem::exists(path + ".v0.bak"));
  REQUIRE(database.exec("INSERT INTO t VALUES(41)"));
  REQUIRE(migrate(database, path, two));
  CHECK(database.integer("PRAGMA user_version") == 2);
  auto copy = fresh(folder, Access::read, "m.db.v1.bak");
  CHECK(copy.integer("SELECT k FROM t") == 41);
  CHECK(copy.integer("PRAGMA user_version") == 1);
  struct stat info {};
  REQUIRE(stat((path + ".v1.bak").c_str(), &info) == 0);
  CHECK((info.st_mode & 0077) == 0);
  const auto refused = migrate(database, path, one);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().what.find("schema version 2") != std::string::npos);
}

TEST_CASE("a migration that fails changes nothing") {
  const Folder folder;
  auto database = fresh(folder, Access::write_log, "m.db");
  const std::vector<std::string_view> broken = {"CREATE TABLE t(k INTEGER PRIMARY KEY); CREATE TABLE t(again)"};
  REQUIRE_FALSE(migrate(database, "m.db", broken));
  CHECK(database.integer("PRAGMA user_version") == 0);
  CHECK(database.integer("SELECT count(*) FROM sqlite_schema") == 0);
}
