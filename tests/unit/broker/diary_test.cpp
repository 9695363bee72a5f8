// SPDX-License-Identifier: Apache-2.0
// What the daemon records of itself, under a clock that the test holds.
#include "broker/diary.hpp"

#include <random>

#include "catch.hpp"

using namespace postern;
using namespace postern::broker;

namespace {

constexpr Micros kBegin = 1'767'225'600 * kSecond;

struct Life {
  explicit Life(DiaryTimes times = {}) : diary(times, now, [this] { return sync; }) {}
  void pass(Micros time) { now.wall += time, now.boot += time; }
  /// Everything that is due, as the broker takes it.
  std::vector<core::Record> write() {
    std::vector<core::Record> records;
    while (auto record = diary.due(now)) {
      diary.recorded(now);
      records.push_back(std::move(*record));
    }
    return records;
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> all;
    for (const auto& record : write()) all.emplace_back(record.type);
    return all;
  }

  Now now{kBegin, 5 * kMinute, {}};
  ClockSync sync{true, -12};
  Diary diary;
};

using Kinds = std::vector<std::string>;

}  // namespace

TEST_CASE("an idle daemon is never silent for longer than the heartbeat says, a busy one says nothing") {
  Life life;
  life.write();
  life.pass(10 * kMinute - 1);
  CHECK(life.kinds().empty());
  life.pass(1);
  CHECK(life.kinds() == Kinds{"audit.heartbeat"});
  CHECK(life.kinds().empty());
  for (int i = 0; i < 4; ++i) {
    life.pass(9 * kMinute);
    life.diary.recorded(life.now);
    CHECK(life.kinds().empty());
  }
}

TEST_CASE("at whatever times something happens, no gap between two records is longer than ten minutes") {
  std::mt19937_64 chance(7);
  Life life;
  Micros last = life.now.boot;
  for (int turn = 0; turn < 100'000; ++turn) {
    life.pass(std::uniform_int_distribution<Micros>(0, 250 * kMilli)(chance) * (chance() % 50 == 0 ? 40 : 1));
    if (chance() % 4'000 == 0) {
      life.diary.recorded(life.now);
      last = life.now.boot;
    }
    if (!life.write().empty()) last = life.now.boot;
    REQUIRE(life.now.boot - last <= 10 * kMinute + 10 * kSecond);  // a turn of the broker is the slack
  }
}

TEST_CASE("how well the clock is held is recorded at the start and each hour") {
  Life life;
  auto first = life.write();
  REQUIRE(first.size() == 1);
  CHECK(first[0].type == "clock.sync");
  CHECK(first[0].outcome == "ok");
  CHECK(first[0].count == -12);
  life.sync = {false, 0};
  life.pass(kHour - 1);
  CHECK(life.kinds() == Kinds{"audit.heartbeat"});
  life.pass(1);
  const auto later = life.write();
  REQUIRE(later.size() == 1);
  CHECK(later[0].type == "clock.sync");
  CHECK(later[0].outcome == "unknown");
}

TEST_CASE("a wall clock that jumps neither hurries heartbeats nor holds them back") {
  Life life;
  life.write();
  life.now.wall += 3'650 * kDay;
  CHECK(life.kinds().empty());
  life.now.wall -= 7'300 * kDay;
  life.pass(10 * kMinute);
  CHECK(life.kinds() == Kinds{"audit.heartbeat"});
}

TEST_CASE("the signing key gives way at its age, counted from when it came to be") {
  Life life({.key_age = kDay, .key_since = kBegin - 23 * kHour});
  CHECK_FALSE(life.diary.key_is_old(life.now));
  life.pass(kHour);
  CHECK(life.diary.key_is_old(life.now));
  life.diary.rotated(life.now);
  CHECK_FALSE(life.diary.key_is_old(life.now));
  life.pass(kDay);
  CHECK(life.diary.key_is_old(life.now));
}

TEST_CASE("the kernel can be asked how the clock is held") {
  const ClockSync sync = read_clock_sync();
  CHECK(std::abs(sync.offset) < 10 * kSecond);  // the kernel itself keeps it below half a second
}
