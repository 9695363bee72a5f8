// SPDX-License-Identifier: Apache-2.0
// Every n-th change to the disk fails in every way: what was acknowledged is there afterwards, and only a full disk is
// ever tried again.
#include "fault_vfs.hpp"
#include "fixture.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

struct Outcome {
  bool struck = false;
  std::string fatal;
  bool was_degraded = false, settled = false;
  std::int64_t acknowledged = -1, submitted = -1;
};

/// Starts a ledger, then does a fixed piece of work, new keys, new contacts, lots and a rotation included, on a disk
/// that fails at the n-th change.
Outcome work_on_faulty_disk(const Options& options, Fault fault, int n, bool sticky) {
  auto store = must_open(options);
  Traffic traffic(*store);
  WriterOptions writing;
  writing.retry = std::chrono::milliseconds(1);
  writing.idle = std::chrono::milliseconds(1);
  Outcome outcome;
  {
    Running running(*store, writing);
    REQUIRE(running.submit(traffic.start()));
    REQUIRE(running.settle());
    FaultyDisk::arm(fault, n, sticky);
    for (int batch = 0; batch < 4 && running.fatal().empty(); ++batch) {
      REQUIRE(running.submit(batch == 2 ? traffic.rotate() : traffic.batch(3, 300)));
      outcome.submitted = traffic.next() - 1;
      if (sticky && fault == Fault::disk_full) continue;
      REQUIRE(running.settle());
      std::this_thread::sleep_for(std::chrono::milliseconds(4));  // time enough for a lot and a checkpoint
    }
    if (sticky && fault == Fault::disk_full) {
      for (int tries = 0; tries < 50 && !running.writer().degraded(); ++tries)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      FaultyDisk::arm(Fault::none, 0, false);
      outcome.struck = true;
    } else {
      outcome.struck = FaultyDisk::struck();
    }
    outcome.settled = running.settle();
    outcome.fatal = running.fatal();
    outcome.was_degraded = running.was_degraded();
    outcome.acknowledged = running.last_index();
    FaultyDisk::disarm();
  }
  return outcome;
}

void check_recovered(const Options& options, const Outcome& outcome) {
  auto store = must_open(options);
  CHECK(store->take_image().next_index > outcome.acknowledged);
  auto view = store->open_view();
  REQUIRE(view);
  auto log = open_live(**view);
  REQUIRE(log);
  Pins pins;
  pins.genesis = store->genesis();
  CHECK(verify(**log, pins).code() == Code::ok);
}

}  // namespace

TEST_CASE("any change to the disk may fail") {
  FaultyDisk::install();
  const auto fault = GENERATE(Fault::write_error, Fault::disk_full, Fault::sync_error);
  const bool sticky = GENERATE(false, true);
  int fatal = 0;
  // The first ones one by one, the rest at odd distances: it is always the same work.
  for (int n = 1; n < 200; n += n < 20 ? 1 : 17) {
    INFO("fault " << static_cast<int>(fault) << " at change " << n << (sticky ? " and later" : ""));
    const Folder folder("/dev/shm");
    auto options = folder.options();
    options.vfs = FaultyDisk::kVfs;
    const auto outcome = work_on_faulty_disk(options, fault, n, sticky);
    INFO(outcome.fatal);
    if (fault == Fault::disk_full || !outcome.struck) {
      CHECK(outcome.fatal == "");
      CHECK(outcome.settled);
      CHECK(outcome.acknowledged == outcome.submitted);
    } else {
      CHECK(outcome.fatal != "");
      CHECK_FALSE(outcome.was_degraded);
      ++fatal;
    }
    check_recovered(options, outcome);
    if (!outcome.struck) break;
  }
  CHECK((fault == Fault::disk_full || fatal > 3));
}
