// SPDX-License-Identifier: Apache-2.0
#include "search/index.hpp"

#include <fstream>

#include "diary.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;
using namespace postern::search;

namespace {

/// A ledger and its index.
struct Rig {
  Rig() : store(must_open(folder.options())), diary(*store) {
    auto opened = store->open_view();
    REQUIRE(opened);
    view = std::move(*opened);
    open();
  }
  void open() {
    index.reset();
    auto made = Index::open(file());
    INFO((made ? "" : text(made.error())));
    REQUIRE(made);
    index = std::move(*made);
  }
  std::filesystem::path file() const { return folder.path() / "state" / "search.db"; }
  /// Takes in all that is on record; gives the number of lots.
  int catch_up() {
    for (int lots = 1;; ++lots) {
      const auto more = index->take_lot(*view);
      INFO((more ? "" : text(more.error())));
      REQUIRE(more);
      if (!*more) return lots;
    }
  }
  std::vector<std::int64_t> find(std::string_view text, const Scope& scope = {}) {
    std::vector<std::int64_t> found;
    const auto next = index->find(*view, Wanted(text), scope, INT64_MAX, 1'000, [&](auto&& records) {
      found.insert(found.end(), records.begin(), records.end());
      return true;
    });
    REQUIRE(next);
    CHECK_FALSE(*next);
    return found;
  }
  std::string bytes() const {
    std::ifstream in(file(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::int64_t pages() {
    auto database = Database::open(file(), Access::read);
    REQUIRE(database);
    return database->integer("SELECT count(*) FROM page").value_or(-1);
  }

  Folder folder;
  std::unique_ptr<Store> store;
  Diary diary;
  std::unique_ptr<View> view;
  std::unique_ptr<Index> index;
};

}  // namespace

TEST_CASE("what was said is found by its words, the newest first, and nothing of it can be read on disk") {
  Rig rig;
  const auto first = rig.diary.message("m1", "Where is my parcel?");
  rig.diary.message("m2", "Never mind");
  const auto last = rig.diary.message("m3", "The PARCEL has come");
  rig.diary.commit();
  rig.catch_up();
  CHECK(rig.find("parcel") == std::vector{last, first});
  CHECK(rig.find("parcel has") == std::vector{last});
  CHECK(rig.find("\"my parcel\"") == std::vector{first});
  CHECK(rig.find("parcels").empty());
  CHECK(rig.find("parcel", {rig.diary.contact()}).size() == 2);
  CHECK(rig.find("parcel", {crypto::random_id()}).empty());
  CHECK(rig.find("parcel", {{}, rig.diary.wall() + 100 * kDay}).empty());
  for (const char* word : {"parcel", "PARCEL", "mind"}) CHECK(rig.bytes().find(word) == std::string::npos);
}

TEST_CASE("filling goes on where it was stopped, and a page that has room grows") {
  Rig rig;
  for (int n = 0; n < 1'200; ++n) rig.diary.message("m" + std::to_string(n), "word" + std::to_string(n) + " common");
  rig.diary.commit();
  REQUIRE(*rig.index->take_lot(*rig.view));
  CHECK(rig.index->next() == 500);
  rig.open();
  CHECK(rig.index->next() == 500);
  CHECK(rig.catch_up() >= 2);
  CHECK(rig.find("common").size() == 1'200);
  CHECK(rig.find("\"word1199\"").size() == 1);
  const auto pages = rig.pages();
  for (int n = 0; n < 5; ++n) {
    rig.diary.message("n" + std::to_string(n), "more");
    rig.diary.commit();
    rig.catch_up();
  }
  CHECK(rig.pages() <= pages + 1);
  CHECK(rig.find("more").size() == 5);
}

TEST_CASE("what is shredded goes from the index, and what stands beside it stays") {
  Rig rig;
  const auto gone = rig.diary.message("m1", "secret canary");
  const auto kept = rig.diary.message("m2", "public canary");
  rig.diary.commit();
  rig.catch_up();
  REQUIRE(rig.find("canary").size() == 2);
  rig.diary.shred(gone, kept);
  rig.diary.commit();
  rig.catch_up();
  CHECK(rig.find("canary") == std::vector{kept});
  CHECK(rig.find("secret").empty());
}

TEST_CASE("a contact that is erased has no page any more, whether the index saw the words before or not") {
  const bool before = GENERATE(true, false);
  Rig rig;
  rig.diary.message("m1", "secret canary");
  rig.diary.commit();
  if (before) {
    rig.catch_up();
    REQUIRE(rig.pages() == 1);
  }
  const auto page = rig.bytes();
  rig.diary.add_row(core::KeysGone{1, rig.diary.contact(), {}, {rig.diary.contact()}});
  rig.diary.add_row(core::ContactGone{1, rig.diary.contact(), {}});
  rig.diary.add_row(core::BodyGone{1});
  rig.diary.add("subject.erased").contact = rig.diary.contact();
  rig.diary.commit();
  rig.catch_up();
  CHECK(rig.pages() == 0);
  CHECK(rig.find("canary").empty());
  const auto& id = rig.diary.contact().bytes;
  CHECK(rig.bytes().find(std::string(id.begin(), id.end())) == std::string::npos);
}

TEST_CASE("a file that is no index is made anew, and so is one of a ledger that was longer") {
  Rig rig;
  rig.diary.message("m1", "canary");
  rig.diary.commit();
  rig.catch_up();
  rig.index.reset();
  {
    std::ofstream out(rig.file(), std::ios::binary | std::ios::trunc);
    out << std::string(5'000, 'x');
  }
  rig.open();
  CHECK(rig.index->next() == 0);
  rig.catch_up();
  CHECK(rig.find("canary").size() == 1);
  {
    auto database = Database::open(rig.file(), Access::write_keys);
    REQUIRE(database);
    REQUIRE(database->exec("UPDATE mark SET next=1000"));
  }
  rig.open();
  rig.catch_up();
  CHECK(rig.index->next() == 2);
  CHECK(rig.find("canary").size() == 1);
}
