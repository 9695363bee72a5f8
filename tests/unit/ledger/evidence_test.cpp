// SPDX-License-Identifier: Apache-2.0
// What the files show to others: nothing in clear, everything that is needed to prove it, and what was done to them.
#include <sys/mount.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "fixture.hpp"
#include "ledger/files.hpp"
#include "ledger/format/directory.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"
#include "ledger/query.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A ledger with some hundred records and two epochs.
void fill(Store& store) {
  Traffic traffic(store);
  Running running(store);
  if (traffic.next() == 0) REQUIRE(running.submit(traffic.start()));
  for (int round = 0; round < 25; ++round) REQUIRE(running.submit(traffic.batch(9, 12)));
  REQUIRE(running.submit(traffic.rotate()));
  for (int round = 0; round < 5; ++round) REQUIRE(running.submit(traffic.batch(9, 12)));
  REQUIRE(running.settle());
  REQUIRE(running.fatal() == "");
}

Verdict verdict_of(LogReader& log, const VKey& genesis) {
  Pins pins;
  pins.genesis = genesis;
  return verify(log, pins);
}

}  // namespace

TEST_CASE("no file of the ledger holds a word, a name or a platform's id in clear") {
  const Folder folder;
  {
    auto store = must_open(folder.options());
    fill(*store);
    int files = 0;
    for (const auto& entry : fs::directory_iterator(folder.options().directory)) {
      INFO(entry.path());
      CHECK(content(entry.path()).find("canary") == std::string::npos);
      ++files;
    }
    CHECK(files >= 8);  // the logs of SQLite among them
  }
  for (const auto& entry : fs::directory_iterator(folder.options().directory))
    CHECK(content(entry.path()).find("canary") == std::string::npos);
}

TEST_CASE("the live ledger verifies") {
  const Folder folder;
  auto store = must_open(folder.options());
  fill(*store);
  auto view = store->open_view();
  REQUIRE(view);
  auto live = open_live(**view);
  REQUIRE(live);
  const auto verdict = verdict_of(**live, store->genesis());
  CHECK(verdict.code() == Code::ok);
  CHECK(verdict.leaves == static_cast<std::uint64_t>(record_count(**view)));
  CHECK(verdict.epochs == 2);
  CHECK(verdict.intact > 500);
}

TEST_CASE("a start refuses a ledger that was altered or has gone back") {
  const Folder folder;
  const auto options = folder.options();
  fs::path old_copy = folder.path() / "old";
  {
    auto store = must_open(options);
    fill(*store);
  }
  fs::copy(options.directory, old_copy);
  {
    auto store = must_open(options);
    Traffic traffic(*store);
    Running running(*store);
    REQUIRE(running.submit(traffic.batch(9)));
    REQUIRE(running.settle());
    const auto view = store->open_view();
    REQUIRE(view);
    REQUIRE(write_file(options.directory / "highwater", (*view)->head()->note, 0600));  // it was published
  }
  const auto refused = [&] {
    auto store = Store::open(options, FixedClock());
    REQUIRE_FALSE(store);
    CHECK(store.error().exit_code == EX_NOINPUT);
    return store.error().error.what;
  };
  SECTION("an older copy of the whole database") {
    fs::copy_file(old_copy / "ledger.db", options.directory / "ledger.db", fs::copy_options::overwrite_existing);
    CHECK(refused().find("were published") != std::string::npos);
  }
  SECTION("by somebody who has the database open") {
    {
      auto database = Database::open((options.directory / "ledger.db").string(), Access::write_log);
      REQUIRE(database);
      REQUIRE(database->exec("DROP TRIGGER event_fixed; DROP TRIGGER event_kept; DROP TRIGGER tile_fixed"));
      SECTION("a record of a full tile") {
        REQUIRE(database->exec("UPDATE event SET leaf=CAST(replace(leaf, 'msg.in', 'msg.on') AS BLOB) WHERE i=5"));
      }
      SECTION("a record of the open tile") {
        REQUIRE(database->exec("UPDATE event SET leaf=CAST(leaf||' ' AS BLOB) WHERE i=(SELECT max(i) FROM event)"));
      }
      SECTION("a record cut off") {
        REQUIRE(database->exec("DELETE FROM event WHERE i=(SELECT max(i) FROM event)"));
      }
      SECTION("a record added") {
        REQUIRE(database->exec("INSERT INTO event SELECT max(i)+1, x'7b7d', NULL FROM event"));
      }
      SECTION("a tile") {
        REQUIRE(database->exec("UPDATE tile SET h=zeroblob(8192) WHERE id=0"));
      }
      SECTION("the edge") {
        REQUIRE(database->exec("UPDATE head SET edge=zeroblob(length(edge))"));
      }
      SECTION("the checkpoint") {
        REQUIRE(database->exec("UPDATE head SET note=CAST(replace(note, 'postern', 'pastern') AS BLOB)"));
      }
    }
    CHECK(refused().find("does not verify") != std::string::npos);
  }
}

TEST_CASE("kill -9 at any moment loses nothing that was acknowledged") {
  const Folder folder;
  const auto options = folder.options();
  std::int64_t records = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    REQUIRE(pipe(pipe_ends) == 0);
    const auto child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(pipe_ends[0]);
      auto store = Store::open(options, FixedClock());
      if (!store) _exit(2);
      Traffic traffic(**store);
      WriterEvents events;
      events.committed = [&](std::uint64_t, std::int64_t last) {
        if (write(pipe_ends[1], &last, sizeof last) != sizeof last) _exit(3);
      };
      WriterOptions writing;
      writing.idle = std::chrono::milliseconds(round % 3 == 0 ? 1 : 1'000);
      Writer writer(**store, writing, std::move(events));
      if (traffic.next() == 0) (void)writer.submit(traffic.start());
      for (int batch = 0; batch < 100'000; ++batch) {
        auto made = batch % 97 == 96 ? traffic.rotate() : traffic.batch(1 + batch % 7, 400);
        while (!writer.submit(std::move(made))) std::this_thread::yield();
      }
      _exit(0);
    }
    close(pipe_ends[1]);
    std::int64_t acknowledged = -1, last = -1;
    const int batches = 3 + round * 23 % 120;
    for (int seen = 0; seen < batches && read(pipe_ends[0], &last, sizeof last) == sizeof last; ++seen)
      acknowledged = last;
    REQUIRE(kill(child, SIGKILL) == 0);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    while (read(pipe_ends[0], &last, sizeof last) == sizeof last) acknowledged = last;
    close(pipe_ends[0]);

    auto store = must_open(options);
    const auto image = store->take_image();
    CHECK(image.next_index > acknowledged);
    CHECK(image.next_index > records);
    records = image.next_index;
    auto view = store->open_view();
    REQUIRE(view);
    auto log = open_live(**view);
    REQUIRE(log);
    const auto verdict = verdict_of(**log, store->genesis());
    CHECK(verdict.code() == Code::ok);
    // The lots are whole again: every conversation and contact is found by its name, every event by its key.
    for (const auto& row : (*view)->rows().conversations_after(-1)) {
      REQUIRE(row.doc);
      const auto thread = row.doc->substr(11, row.doc->size() - 13);
      const auto found = (*view)->identity(row.account, Lookup::Kind::thread, thread);
      REQUIRE(found);
    }
    const core::Seen seen(store->seen_key(), 0);
    for (std::int64_t index = 0; index < records; ++index) {
      std::string bytes;
      const auto leaf = (*view)->records().read(index, bytes);
      REQUIRE(leaf);
      if (leaf->k != "msg.in") continue;
      const auto body = (*view)->records().body(*leaf);
      REQUIRE((body && *body));
      const auto event = core::parse_event(**body);
      REQUIRE(event);
      CHECK((*view)->seen(seen.digest(leaf->w, event->key).look, leaf->w, event->key));
      const auto subject = Id::from_hex(leaf->s);
      CHECK((*view)->records_of(*subject, index + 1, 1) == std::vector<std::int64_t>{index});
    }
  }
}

TEST_CASE("a full disk only delays: the same batch commits when there is room") {
  if (geteuid() != 0) {
    WARN("skipped: mounting a small file system needs root");
    return;
  }
  const Folder folder;
  const auto disk = folder.path() / "disk";
  fs::create_directory(disk);
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=6m,mode=0700") != 0) {
    WARN("skipped: a file system cannot be mounted here");
    return;
  }
  {
    auto options = folder.options();
    options.directory = disk / "state";
    options.kek_directory = folder.path();
    auto store = must_open(options);
    Traffic traffic(*store);
    WriterOptions writing;
    writing.reserve = 2 << 20;
    writing.retry = std::chrono::milliseconds(20);
    Running running(*store, writing);
    CHECK(running.writer().admit());
    REQUIRE(running.submit(traffic.start()));
    REQUIRE(running.settle());
    {
      std::ofstream ballast(disk / "ballast");
      const std::string block(65'536, 'b');
      while (ballast.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) continue;
    }
    for (int batch = 0; batch < 3; ++batch) REQUIRE(running.submit(traffic.batch(100, 20)));
    for (int tries = 0; tries < 500 && (!running.writer().degraded() || running.writer().admit()); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(running.writer().degraded());
    CHECK_FALSE(running.writer().admit());
    CHECK(running.last_index() == 0);
    fs::remove(disk / "ballast");
    REQUIRE(running.settle());
    CHECK(running.fatal() == "");
    CHECK(running.last_index() == traffic.next() - 1);
    CHECK_FALSE(running.writer().degraded());
    for (int tries = 0; tries < 500 && !running.writer().admit(); ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    CHECK(running.writer().admit());
    auto view = store->open_view();
    REQUIRE(view);
    auto log = open_live(**view);
    REQUIRE(log);
    CHECK(verdict_of(**log, store->genesis()).code() == Code::ok);
  }
  CHECK(umount(disk.c_str()) == 0);
}
