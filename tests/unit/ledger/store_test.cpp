// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <fstream>

#include "fixture.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

Refusal must_refuse(const Options& options) {
  auto store = Store::open(options, FixedClock());
  REQUIRE_FALSE(store);
  return store.error();
}

}  // namespace

TEST_CASE("a new ledger is private, and is the same one when it is opened again") {
  const Folder folder;
  std::string origin, genesis;
  {
    const auto store = must_open(folder.options());
    origin = store->origin();
    genesis = store->genesis().text();
    CHECK(store->is_new());
    CHECK(is_origin(origin));
    auto image = store->take_image();
    CHECK(image.next_index == 0);
    CHECK(image.spares.size() == kSpares);
    CHECK(image.seen_before == 0);
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.options().directory)) {
    struct stat info {};
    REQUIRE(stat(entry.path().c_str(), &info) == 0);
    INFO(entry.path());
    CHECK((info.st_mode & 0077) == 0);
  }
  const auto store = must_open(folder.options());
  CHECK_FALSE(store->is_new());
  CHECK(store->origin() == origin);
  CHECK(store->genesis().text() == genesis);
}

TEST_CASE("a second daemon is refused and told who holds the lock") {
  const Folder folder;
  const auto store = must_open(folder.options());
  const auto refusal = must_refuse(folder.options());
  CHECK(refusal.exit_code == EX_UNAVAILABLE);
  CHECK(refusal.error.what.find("/lock") != std::string::npos);
  CHECK(refusal.error.what.find(std::to_string(getpid())) != std::string::npos);
}

TEST_CASE("loose modes are refused") {
  const Folder folder;
  must_open(folder.options());
  const auto directory = folder.options().directory;
  for (const auto* name : {"", "ledger.db", "keys.db", "sign.key", "kek.1"}) {
    const auto path = *name == '\0' ? directory : directory / name;
    struct stat info {};
    REQUIRE(stat(path.c_str(), &info) == 0);
    REQUIRE(chmod(path.c_str(), info.st_mode | 0004) == 0);
    const auto refusal = must_refuse(folder.options());
    CHECK(refusal.error.what.find(path.string()) != std::string::npos);
    REQUIRE(chmod(path.c_str(), info.st_mode) == 0);
  }
  must_open(folder.options());
}

TEST_CASE("what is missing or newer is refused, never begun anew") {
  const Folder folder;
  must_open(folder.options());
  const auto directory = folder.options().directory;
  SECTION("a newer schema") {
    auto database = Database::open((directory / "ledger.db").string(), Access::write_log);
    REQUIRE(database);
    REQUIRE(database->exec("PRAGMA user_version=99"));
    CHECK(must_refuse(folder.options()).exit_code == EX_CONFIG);
  }
  SECTION("a file that is gone") {
    const auto* name = GENERATE("ledger.db", "keys.db", "sign.key", "kek.1");
    std::filesystem::remove(directory / name);
    CHECK(must_refuse(folder.options()).exit_code == EX_NOINPUT);
  }
  SECTION("another key encryption key") {
    std::filesystem::remove(directory / "kek.1");
    std::ofstream(directory / "kek.1") << std::string(64, 'a');
    chmod((directory / "kek.1").c_str(), 0400);
    CHECK(must_refuse(folder.options()).error.what.find("keys.db") != std::string::npos);
  }
}
