// SPDX-License-Identifier: Apache-2.0
// One key encryption key gives way to the next: beside the work, across crashes, and so that nothing needs the old one.
#include "ledger/renewal.hpp"

#include <fstream>

#include "fixture.hpp"
#include "ledger/key_status.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

constexpr std::size_t kPeople = 151;

void make_kek(const Folder& folder, int number) {
  const auto path = folder.options().directory / ("kek." + std::to_string(number));
  REQUIRE(write_file(path, hex(crypto::random_key()) + "\n", 0400));
}

/// A ledger with conversations of many people.
void fill(const Folder& folder) {
  auto store = must_open(folder.options());
  Traffic traffic(*store);
  Running running(*store);
  REQUIRE(running.submit(traffic.start()));
  for (int batch = 0; batch < 4; ++batch) {
    REQUIRE(running.submit(traffic.batch(kPeople, kPeople)));
    REQUIRE(running.settle());
    traffic.add_spares(running.take_spares());
  }
}

std::map<std::int64_t, std::int64_t> wrapped(Store& store) {
  auto counts = wrapped_by(*must_view(store));
  REQUIRE(counts);
  return *counts;
}

/// How many of the people are found by what the platform calls them.
std::size_t known(Store& store) {
  const auto view = must_view(store);
  std::size_t found = 0;
  for (std::size_t person = 0; person < kPeople; ++person)
    found += view->identity("acme-messenger", Lookup::Kind::thread, Traffic::thread(person)) &&
             view->identity("acme-messenger", Lookup::Kind::contact, Traffic::sender(person));
  return found;
}

/// Lots until nothing is left, at most `most` of them; are all done?
bool renew(Store& store, int most = 100'000) {
  Renewal renewal(store.keys(), store.shared().keks);
  for (int lot = 0; lot < most; ++lot) {
    const auto more = renewal.step();
    if (!more || !*more) return more.has_value();
  }
  return false;
}

}  // namespace

TEST_CASE("after a renewal nothing needs the old key, and an older copy of keys.db opens with no present one") {
  const Folder folder;
  fill(folder);
  const auto directory = folder.options().directory;
  std::filesystem::copy_file(directory / "keys.db", folder.path() / "backup.db");
  make_kek(folder, 2);
  std::int64_t keys = 0;
  {
    auto store = must_open(folder.options());
    const auto before = wrapped(*store);
    keys = before.at(1);
    CHECK(keys > 1'000);
    CHECK(known(*store) == kPeople);
    REQUIRE(renew(*store));
    const auto after = wrapped(*store);
    CHECK(after.size() == 1);
    CHECK(after.at(2) == keys + before.at(2));  // a start has made spares under the new one
    CHECK(known(*store) == kPeople);
  }
  std::filesystem::remove(directory / "kek.1");
  {
    auto store = must_open(folder.options());
    CHECK(known(*store) == kPeople);
    const auto view = must_view(*store);
    std::string bytes;
    const auto leaf = view->records().read(1, bytes);
    REQUIRE(leaf);
    const auto body = view->records().body(*leaf);
    REQUIRE(body);
    REQUIRE(*body);
    CHECK((*body)->find("canary") != std::string::npos);
  }
  std::filesystem::copy_file(folder.path() / "backup.db", directory / "keys.db",
                             std::filesystem::copy_options::overwrite_existing);
  const auto old = Store::open(folder.options(), FixedClock());
  REQUIRE_FALSE(old);
  CHECK(old.error().error.what.find("do not open") != std::string::npos);
}

TEST_CASE("a renewal that a crash ends anywhere is ended by the next one, and all are known meanwhile") {
  const Folder folder;
  fill(folder);
  make_kek(folder, 2);
  int crashes = 0;
  for (bool done = false; !done; ++crashes) {
    auto store = must_open(folder.options());
    done = renew(*store, 1 + 4 * crashes);  // each start makes spares, which are a lot more
    CHECK(known(*store) == kPeople);
  }
  CHECK(crashes > 2);
  auto store = must_open(folder.options());
  CHECK(wrapped(*store).size() == 1);
}

TEST_CASE("the writer renews beside its work, and says once that it is done") {
  const Folder folder;
  fill(folder);
  make_kek(folder, 2);
  for (const int start : {0, 1}) {
    auto store = must_open(folder.options());
    Traffic traffic(*store);
    std::atomic<int> told{0};
    WriterOptions options;
    options.renew = std::chrono::milliseconds(1);
    WriterEvents events;
    events.renewed = [&](std::int64_t kek) { told += kek == 2 ? 1 : 100; };
    Writer writer(*store, options, std::move(events));
    for (int tries = 0; tries < 500 && told == 0 && start == 0; ++tries)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (start == 0) {
      auto batch = traffic.start();
      batch.records.back().type = "kek.rotate";
      batch.records.back().count = 2;
      REQUIRE(writer.submit(std::move(batch)));
    } else {
      std::filesystem::remove(folder.options().directory / "kek.1");
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    writer.stop();
    CHECK(told == (start == 0 ? 1 : 0));
  }
  auto store = must_open(folder.options());
  CHECK(store->recorded_kek() == 2);
  CHECK(known(*store) == kPeople);
}

TEST_CASE("who is erased while keys are renewed leaves no name behind, wherever it has moved") {
  const Folder folder;
  fill(folder);
  make_kek(folder, 2);
  auto store = must_open(folder.options());
  core::KeysGone gone;
  {
    const auto view = must_view(*store);
    const auto thread = view->identity("acme-messenger", Lookup::Kind::thread, Traffic::thread(7));
    const auto contact = view->identity("acme-messenger", Lookup::Kind::contact, Traffic::sender(7));
    REQUIRE((thread && contact));
    gone.contact = contact->id;
    gone.names = {contact->id, thread->id};
    gone.identities = view->keys().identities_of(gone.names);
    REQUIRE(gone.identities.size() == 2);
  }
  REQUIRE(renew(*store));  // after they were found
  REQUIRE(store->keys().erase(std::vector<const core::KeysGone*>{&gone}));
  const auto view = must_view(*store);
  CHECK(view->keys().identities_of(gone.names).empty());
  CHECK(known(*store) == kPeople - 1);
}

TEST_CASE("a copy that a migration made does not outlive the proof of the migrated file") {
  const Folder folder;
  fill(folder);
  const auto directory = folder.options().directory;
  for (const auto* name : {"keys.db.v1.bak", "ledger.db.v2.bak"})
    std::filesystem::copy_file(directory / "keys.db", directory / name);
  SECTION("it is proven") {
    must_open(folder.options());
    CHECK_FALSE(std::filesystem::exists(directory / "keys.db.v1.bak"));
    CHECK_FALSE(std::filesystem::exists(directory / "ledger.db.v2.bak"));
  }
  SECTION("it is not") {
    std::filesystem::remove(directory / "sign.key");
    CHECK_FALSE(Store::open(folder.options(), FixedClock()));
    CHECK(std::filesystem::exists(directory / "keys.db.v1.bak"));
  }
}
