// SPDX-License-Identifier: Apache-2.0
// What limits count for long survives a start whatever has been written since, and tells nobody what was said.
#include "diary.hpp"

#include <charconv>
#include <fstream>
#include <iterator>

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

core::PastAttempt promotion(std::int64_t index, Micros at, std::int64_t contact) {
  return {index,
          core::intern("acme"),
          contact,
          core::EffectKind::reply,
          core::policy::Author::campaign,
          true,
          core::intern("marketing"),
          4'711'471'147,
          false,
          at,
          index};
}

/// What a start within `days` of the last record tells of.
std::vector<core::PastAttempt> counted(Store& store, Micros now, Micros within) {
  auto view = store.open_view();
  REQUIRE(view);
  const auto image = build_image(**view, {10 * kSecond, within}, now);
  REQUIRE(image);
  return image->counted;
}

}  // namespace

TEST_CASE("attempts that are counted for long are told of as they were, as far back as is asked for") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  std::vector<core::PastAttempt> all;
  for (int day = 0; day < 20; ++day) {
    const auto index = diary.message("m" + std::to_string(day), "hello");
    all.push_back(promotion(index, diary.wall(), 3 + day % 2));
    diary.add_row(all.back());
    diary.commit();
    diary.wait(kDay);
  }
  const auto found = counted(*store, diary.wall(), 7 * kDay + kHour);
  REQUIRE(found.size() == 7);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& one = found[i];
    const auto& meant = all[13 + i];
    CHECK(one.index == meant.index);
    CHECK(one.at == meant.at);
    CHECK(one.message == meant.message);
    CHECK(one.account == "acme");
    CHECK(one.contact_number == meant.contact_number);
    CHECK(one.author == core::policy::Author::campaign);
    CHECK(one.media);
    CHECK(one.purpose == "marketing");
    CHECK(one.text_hash == 4'711'471'147);
    CHECK_FALSE(one.public_);
  }
}

TEST_CASE("the hash of a text is sealed on disk, and goes with its contact") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  diary.add_row(promotion(diary.message("m", "hello"), diary.wall(), 1));
  diary.commit();
  for (const auto* name : {"ledger.db", "ledger.db-wal"}) {
    std::ifstream file(store->options().directory / name, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    CHECK(bytes.find("4711471147") == std::string::npos);
  }
  diary.add("subject.erased").contact = diary.contact();
  diary.add_row(core::ContactGone{1, diary.contact(), {}});
  diary.commit();
  const auto found = counted(*store, diary.wall(), kDay);
  REQUIRE(found.size() == 1);
  CHECK(found[0].text_hash == 0);
  CHECK(found[0].purpose == "marketing");
}

TEST_CASE("attempts that no limit can ask for any more go") {
  const Folder folder;
  auto store = must_open(folder.options());
  Diary diary(*store);
  for (int month = 0; month < 12; ++month) {
    diary.add_row(promotion(diary.message("m" + std::to_string(month), "hello"), diary.wall(), 1));
    diary.commit();
    diary.wait(31 * kDay);
  }
  CHECK(counted(*store, diary.wall(), 400 * kDay).size() <= 3);
}
