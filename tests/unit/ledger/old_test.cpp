// SPDX-License-Identifier: Apache-2.0
// What is past its time is found in lots, and a month's key goes with its last body.
#include "ledger/old.hpp"
#include "diary.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"
#include "ledger/subject.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

core::OldFound old_bodies(Store& store, Micros now, Micros most, std::int64_t from = 0) {
  auto settings = std::make_shared<core::Settings>();
  settings->retention.push_back({"dm", "messenger", "*", 0, most, {}});
  auto reader = store.open_view();
  REQUIRE(reader);
  auto found = find_old(**reader, {1, from, now, settings});
  REQUIRE(found);
  return std::move(*found);
}

void purge(Diary& diary, const core::OldFound& found) {
  auto& made = diary.add("retention.purged");
  made.retention = "dm";
  made.count = static_cast<std::int64_t>(found.bodies.size());
  made.range = std::pair(found.bodies.front().index, found.bodies.back().index + 1);
  for (const auto& body : found.bodies) diary.add_row(core::BodyGone{body.index});
  for (const auto& month : found.months) diary.add_row(month);
  diary.commit();
}

bool has_key(Store& store, const Id& contact, int month) {
  auto keys = Database::open((store.options().directory / "keys.db").string(), Access::read);
  REQUIRE(keys);
  auto row = keys->prepare("SELECT 1 FROM subject WHERE sid=? AND month=?");
  return row.query(contact, month).next();
}

}  // namespace

TEST_CASE("bodies past their time are found in lots, and their month's key goes with the last of them") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  for (int i = 0; i < 700; ++i) diary.message("m" + std::to_string(i), "january");
  diary.commit();
  const Micros january = diary.wall();
  diary.wait(35 * kDay);
  const auto young = diary.message("n", "february");
  diary.commit();
  CHECK(old_bodies(*store, diary.wall(), 36 * kDay).bodies.empty());
  CHECK(old_bodies(*store, diary.wall(), 0).bodies.empty());  // for ever

  const auto first = old_bodies(*store, diary.wall(), 30 * kDay);
  CHECK(first.bodies.size() == kLotOfBodies);
  CHECK(first.months.empty());  // the month has others
  CHECK(first.next == first.bodies.back().index + 1);
  purge(diary, first);
  CHECK(has_key(*store, diary.contact(), month_of(january)));

  const auto second = old_bodies(*store, diary.wall(), 30 * kDay, first.next);
  CHECK(second.bodies.size() == 700 - kLotOfBodies);
  CHECK(second.next == core::kNone);
  REQUIRE(second.months.size() == 1);
  CHECK(second.months[0].month == month_of(january));
  purge(diary, second);
  CHECK_FALSE(has_key(*store, diary.contact(), month_of(january)));
  CHECK(has_key(*store, diary.contact(), month_of(diary.wall())));
  CHECK(has_key(*store, diary.contact(), kProfileMonth));

  auto reader = store->open_view();
  REQUIRE(reader);
  CHECK(*(*reader)->records().body(young).value() != "");
  auto log = open_live(**reader);
  REQUIRE(log);
  Pins pins;
  pins.genesis = store->genesis();
  const auto verdict = verify(**log, pins);
  CHECK(verdict.code() == Code::erased);
  CHECK(verdict.shredded == 700);
  CHECK(verdict.intact == 1);
}

TEST_CASE("the key of the month that runs stays, though its last body has gone") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  const auto index = diary.message("m", "january");
  diary.commit();
  const auto found = old_bodies(*store, diary.wall() + kDay, kHour);
  REQUIRE(found.months.size() == 1);
  purge(diary, found);
  CHECK(has_key(*store, diary.contact(), month_of(diary.wall())));
  const auto later = diary.message("n", "january as well");
  diary.commit();
  auto reader = store->open_view();
  REQUIRE(reader);
  CHECK_FALSE((*reader)->records().has_blob(index));
  CHECK((*reader)->records().body(later).value()->find("as well") != std::string::npos);
}
