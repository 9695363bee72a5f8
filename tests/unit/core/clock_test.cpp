// SPDX-License-Identifier: Apache-2.0
// Whatever the wall clock does, the record says so, and its order never depends on it.
#include <cstdlib>
#include <deque>
#include <random>

#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

constexpr Micros kYear = 365 * kDay;
constexpr Micros kLogged = 500 * kMilli;

/// 10,000 unless POSTERN_CLOCK_WALKS says another number.
int walks() {
  const char* const wanted = std::getenv("POSTERN_CLOCK_WALKS");
  return wanted != nullptr ? std::atoi(wanted) : 10'000;
}

/// A life with a clock that drifts, jumps and is set.
class Walk {
 public:
  explicit Walk(unsigned seed) : draw_(seed) { stage_.put(Tick{}); }

  void step() {
    const Micros time = between(0, 5 * kSecond);
    const Micros by = happens(2) ? jump() : between(-200 * kMilli, 200 * kMilli);
    stage_.now.boot += time;
    stage_.now.wall += time + by;
    const auto before = records().size();
    const Micros last = before == 0 ? 0 : records().back().wall;
    happens(2) ? stage_.put(Tick{}) : stage_.receive("m:" + std::to_string(++messages_));
    check(before, last, by);
  }
  std::size_t jumps() const { return jumps_; }
  const std::deque<Record>& records() const { return stage_.disk.records(); }

 private:
  bool happens(unsigned one_in) { return draw_() % one_in == 0; }
  Micros between(Micros least, Micros most) { return std::uniform_int_distribution<Micros>(least, most)(draw_); }
  /// ±1 s to ±10 years, as many short ones as long ones, and never out of this century.
  Micros jump() {
    Micros by = kSecond;
    while (by < 10 * kYear && !happens(4)) by *= 7;
    by = std::min(by, 10 * kYear) - between(0, kSecond / 4);
    const bool early = stage_.now.wall<1'200'000'000 * kSecond, late = stage_.now.wall> 3'000'000'000 * kSecond;
    ++jumps_;
    return early || (!late && happens(2)) ? by : -by;
  }
  void check(std::size_t before, Micros last, Micros by) {
    std::size_t steps = 0;
    for (auto at = before; at < records().size(); ++at) steps += records()[at].type == "clock.step";
    // Several small steps back come to one that counts, once the clock is so far behind the record.
    const bool behind = before > 0 && stage_.now.wall < last - kLogged;
    REQUIRE(steps == (before > 0 && (std::abs(by) > kLogged || behind) ? 1 : 0));
    if (steps == 0) return;
    CHECK(records()[before].type == "clock.step");  // before anything else of this input
    CHECK(records()[before].count == by);
  }

  std::mt19937_64 draw_;
  Stage stage_;
  std::size_t jumps_ = 0;
  int messages_ = 0;
};

/// Indices without gaps; a time goes back in a clock.step alone, that since boot never within one boot.
void check_order(const std::deque<Record>& records) {
  for (std::size_t at = 1; at < records.size(); ++at) {
    const Record &one = records[at], &before = records[at - 1];
    CHECK(one.index == before.index + 1);
    CHECK((one.wall >= before.wall || one.type == "clock.step"));
    CHECK((one.boot >= before.boot || one.boot_id != before.boot_id));
  }
}

}  // namespace

TEST_CASE("every step of the clock beyond half a second is on record at once, and the order never depends on it") {
  std::size_t jumps = 0;
  for (int seed = 1; seed <= walks(); ++seed) {
    INFO("seed " << seed);
    Walk walk(static_cast<unsigned>(seed));
    for (int step = 0; step < 12; ++step) walk.step();
    check_order(walk.records());
    jumps += walk.jumps();
  }
  CHECK(jumps > static_cast<std::size_t>(walks()) * 4);
  WARN(walks() << " walks, " << jumps << " steps of the clock");
}
