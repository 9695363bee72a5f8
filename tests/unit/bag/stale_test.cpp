// SPDX-License-Identifier: Apache-2.0
// A ledger is put back to an older copy of itself, again and again, and some of the copies go on by themselves: a start
// that knows one newer checkpoint finds each, and so do both verifiers. POSTERN_STALE says how often (1,000 is what is
// promised); the ordinary run does fewer.
#include <sys/wait.h>

#include <cstdlib>
#include <random>

#include "bag/export.hpp"
#include "fixture.hpp"
#include "ledger/check.hpp"
#include "ledger/files.hpp"
#include "ledger/format/directory.hpp"
#include "ledger/format/verify.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kCopies = 60;

int setting(const char* name, int standard) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::atoi(text) : standard;
}

void go_on(const Options& options, std::mt19937& random, bool rotate) {
  const auto store = must_open(options);
  Traffic traffic(*store);
  Running running(*store);
  if (store->tree().size() == 0) REQUIRE(running.submit(traffic.start()));
  const auto batches = 1 + random() % 3;
  for (std::size_t at = 0; at < batches; ++at) REQUIRE(running.submit(traffic.batch(1 + random() % 4)));
  if (rotate) REQUIRE(running.submit(traffic.rotate()));
  REQUIRE(running.settle());
  REQUIRE(running.fatal() == "");
}

/// A ledger's life: the state folder as it was at kCopies times, and the checkpoint of each.
struct Life {
  Life() {
    for (std::size_t at = 0; at < kCopies; ++at) {
      go_on(folder.options(), random, random() % 8 == 0);
      fs::copy(folder.options().directory, copy(at), fs::copy_options::recursive);
      const auto store = must_open(folder.options());
      const auto view = store->open_view();
      REQUIRE(view);
      notes.push_back((*view)->head()->note);
      vkey = store->genesis().text();
    }
  }
  fs::path copy(std::size_t at) const { return folder.path() / ("copy-" + std::to_string(at)); }

  Folder folder;
  std::mt19937 random{static_cast<unsigned>(setting("POSTERN_SEED", 4711))};
  std::vector<std::string> notes;
  std::string vkey;
};

struct Judges {
  Code ours, theirs;
};

/// Both verifiers on what lies in the folder, with one checkpoint from outside.
Judges judge(const Options& options, const fs::path& bag, const std::string& vkey, const std::string& external) {
  {
    const auto store = must_open(options);
    const auto view = store->open_view();
    REQUIRE(view);
    REQUIRE(bag::export_records(**view, bag, {}));
  }
  REQUIRE(write_file(bag / "outside", external, 0600));
  const auto reader = open_directory(bag / "data");
  REQUIRE(reader);
  const std::vector<std::string> outside{external};
  const auto pins = make_pins(vkey, outside);
  REQUIRE(pins);
  const auto command = "/usr/bin/python3 " POSTERN_VERIFY_PY " " + bag.string() + " --vkey '" + vkey + "' --external " +
                       (bag / "outside").string() + " >/dev/null 2>&1";
  const int status = std::system(command.c_str());
  const Judges judges{verify(**reader, *pins).code(), static_cast<Code>(WEXITSTATUS(status))};
  fs::remove_all(bag);
  return judges;
}

}  // namespace

TEST_CASE("an older copy of the ledger, or one that went another way, is found by whoever has one checkpoint") {
  Life life;
  const int tries = setting("POSTERN_STALE", 40);
  int forks = 0;
  for (int at = 0; at < tries; ++at) {
    // Any copy, and the checkpoint of any later time.
    const auto newer = 1 + life.random() % (kCopies - 1), older = life.random() % newer;
    CAPTURE(at, older, newer);
    auto options = life.folder.options();
    options.directory = life.folder.path() / "restored";
    fs::copy(life.copy(older), options.directory, fs::copy_options::recursive);
    const auto size = parse_note(life.notes[newer])->size;
    const bool forks_off = life.random() % 3 == 0;
    for (auto grown = std::uint64_t{0}; forks_off && grown < size;) {
      go_on(options, life.random, false);
      const auto store = must_open(options);
      grown = store->tree().size();
    }
    forks += forks_off;
    const auto judges = judge(options, life.folder.path() / "bag", life.vkey, life.notes[newer]);
    CHECK(judges.ours == Code::tampered);
    CHECK(judges.theirs == Code::tampered);

    REQUIRE(write_file(options.directory / "highwater", life.notes[newer], 0600));
    const auto opened = Store::open(options, FixedClock());
    REQUIRE_FALSE(opened);
    CHECK(opened.error().superseded);
    CHECK(opened.error().error.what.find(forks_off ? "are not those published" : "were published") !=
          std::string::npos);
    fs::remove_all(options.directory);
  }
  CHECK(forks < tries);
  WARN(tries << " copies, " << forks << " of which went on by themselves");
}

TEST_CASE("the ledger itself passes with each checkpoint that was ever published of it") {
  Life life;
  const auto options = life.folder.options();
  for (std::size_t at = 0; at < kCopies; at += 12) {
    const auto judges = judge(options, life.folder.path() / "bag", life.vkey, life.notes[at]);
    CHECK(judges.ours == Code::ok);
    CHECK(judges.theirs == Code::ok);
    REQUIRE(write_file(options.directory / "highwater", life.notes[at], 0600));
    CHECK(Store::open(options, FixedClock()));
  }
}
