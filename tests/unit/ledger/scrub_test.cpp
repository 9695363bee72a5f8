// SPDX-License-Identifier: Apache-2.0
// The whole ledger is read again in the background: what was changed under it is found and named, and nothing else is.
#include "ledger/scrub.hpp"

#include "diary.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

bool go_on() {
  return true;
}

/// By somebody who has the file open: a statement that the triggers would forbid.
void alter(const Options& options, const std::string& statement) {
  auto database = Database::open((options.directory / "ledger.db").string(), Access::write_log);
  REQUIRE(database);
  REQUIRE(database->exec("DROP TRIGGER event_fixed; DROP TRIGGER event_kept; DROP TRIGGER tile_fixed;" + statement));
}

}  // namespace

TEST_CASE("what is changed in the files is found, and its place named") {
  const Folder folder;
  const auto options = folder.options();
  auto store = must_open(options);
  {
    Traffic traffic(*store);
    Running running(*store);
    REQUIRE(running.submit(traffic.start()));
    for (int round = 0; round < 20; ++round) REQUIRE(running.submit(traffic.batch(9, 12)));
    REQUIRE(running.settle());
    const auto head = must_view(*store)->head();
    REQUIRE(running.writer().keep({static_cast<std::int64_t>(head->size), {}, head->note}));  // it was published
  }
  auto view = must_view(*store);
  REQUIRE(find_damage(*view, go_on) == "");
  SECTION("a byte of a body") {
    alter(options, "UPDATE event SET blob=CAST(substr(blob,1,90)||x'00'||substr(blob,92) AS BLOB) WHERE i=7");
    CHECK(find_damage(*view, go_on).find("leaf 7 ") != std::string::npos);
  }
  SECTION("a body that is gone") {
    alter(options, "UPDATE event SET blob=NULL WHERE i=7");
    CHECK(find_damage(*view, go_on).find("leaf 7 ") != std::string::npos);
  }
  SECTION("a byte of a leaf") {
    alter(options, "UPDATE event SET leaf=CAST(replace(leaf, 'msg.in', 'msg.on') AS BLOB) WHERE i=300");
    CHECK(find_damage(*view, go_on) != "");
  }
  SECTION("a tile") {
    alter(options, "UPDATE tile SET h=CAST(substr(h,1,8191)||x'00' AS BLOB) WHERE id=0");
    CHECK(find_damage(*view, go_on).find("tile") != std::string::npos);
  }
  SECTION("a kept checkpoint") {
    // Some letter of its root or signature: of so many one is there.
    alter(options,
          "DROP TRIGGER checkpoint_fixed; UPDATE checkpoint SET note=CAST(replace(replace(replace(replace(note, 'A', "
          "'b'), "
          "'C', 'd'), 'E', 'f'), 'G', 'h') AS BLOB)");
    REQUIRE(view->log().integer("SELECT count(*) FROM checkpoint").value_or(0) > 0);
    CHECK(find_damage(*view, go_on).find("checkpoints/") == 0);
  }
  SECTION("a row that the schema forbids, where no record is") {
    alter(options, "PRAGMA ignore_check_constraints=ON; INSERT INTO head SELECT 2, size, edge, note FROM head");
    CHECK(find_damage(*view, go_on).find("ledger.db: ") == 0);
  }
}

TEST_CASE("what is erased while the ledger is read is covered by a newer record") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto index = diary.message("m1", "soon gone");
  for (int i = 0; i < 700; ++i) diary.add("audit.heartbeat");
  diary.commit();
  auto view = must_view(*store);
  bool erased = false;
  auto log = open_live(*view, [&] {
    if (!std::exchange(erased, true)) {
      diary.shred(index, index);
      diary.commit();
    }
    return true;
  });
  REQUIRE(log);
  Pins pins;
  pins.genesis = store->genesis();
  const auto verdict = verify(**log, pins);
  CHECK(verdict.code() == Code::erased);
  CHECK(verdict.missing == 0);
}

TEST_CASE("pass after pass under traffic finds nothing, marks when, and a finding stays and leaves no mark") {
  const Folder folder;
  const auto options = folder.options();
  auto store = must_open(options);
  Traffic traffic(*store);
  Running running(*store);
  REQUIRE(running.submit(traffic.start()));
  REQUIRE(running.settle());
  const ScrubOptions often{.every = kMilli, .settle = 0, .mark = folder.path() / "scrubbed"};
  const auto until = [](const auto& true_now) {
    for (int tries = 0; tries < 2'000 && !true_now(); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return true_now();
  };
  Micros first = 0;
  {
    Scrubber scrubber(must_view(*store), often);
    for (int round = 0; round < 40; ++round) REQUIRE(running.submit(traffic.batch(9, 12)));
    REQUIRE(running.settle());
    CHECK(until([&] { return scrubber.status().last_well > 0; }));
    first = scrubber.status().last_well;
    CHECK(until([&] { return scrubber.status().last_well > first; }));
    CHECK(scrubber.status().damage == "");
    alter(options, "UPDATE event SET blob=CAST(substr(blob,1,90)||x'00'||substr(blob,92) AS BLOB) WHERE i=7");
    CHECK(until([&] { return !scrubber.status().damage.empty(); }));
    first = scrubber.status().last_well;
    CHECK(scrubber.status().damage.find("leaf 7 ") != std::string::npos);
  }
  Scrubber next(must_view(*store), often);
  CHECK(next.status().last_well == first);  // as the mark says
  CHECK(until([&] { return !next.status().damage.empty(); }));
}
