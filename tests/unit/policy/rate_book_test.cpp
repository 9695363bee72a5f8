// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rate_book.hpp"

#include <random>

#include "catch.hpp"

using namespace postern;
using namespace postern::core::policy;

namespace {

RateLimit limit(std::int64_t count, Micros per) {
  RateLimit made;
  made.rule = "test.rate";
  made.count = count;
  made.per = per;
  return made;
}

}  // namespace

TEST_CASE("a limit has room until it is full, then from the instant its oldest send is past") {
  const RateLimit three = limit(3, kMinute);
  RateBook book;
  const Micros start = 1'000 * kSecond;
  for (int i = 0; i < 3; ++i) {
    CHECK(book.next(three, 1, start + i) == start + i);
    book.take(three, 1, start + i);
  }
  CHECK(book.next(three, 1, start + 3) == start + kMinute);
  CHECK(book.next(three, 1, start + kMinute - 1) == start + kMinute);
  CHECK(book.next(three, 1, start + kMinute) == start + kMinute);
  CHECK(book.next(three, 2, start + 3) == start + 3);  // another key is another account
}

TEST_CASE("no window of any position ever holds more than the limit") {
  std::mt19937 chance(11);
  for (int run = 0; run < 50; ++run) {
    const RateLimit some = limit(1 + chance() % 20, (1 + chance() % 1'000) * kMilli);
    RateBook book;
    std::vector<Micros> sent;
    Micros now = kDay;
    for (int i = 0; i < 400; ++i) {
      now += chance() % (2 * some.per / some.count + 1);
      const Micros next = book.next(some, 1, now);
      REQUIRE(next >= now);
      now = next;
      REQUIRE(book.next(some, 1, now) == now);  // the promised instant holds
      book.take(some, 1, now);
      sent.push_back(now);
      const auto n = static_cast<std::size_t>(some.count);
      if (sent.size() > n) REQUIRE(sent.back() - sent[sent.size() - 1 - n] >= some.per);
    }
  }
}

TEST_CASE("a clock that goes back does not make anybody wait for it") {
  const RateLimit one = limit(1, kSecond);
  RateBook book;
  book.take(one, 1, 5 * kHour);
  CHECK(book.next(one, 1, 4 * kHour) == 4 * kHour);
  book.take(one, 1, 4 * kHour);
  CHECK(book.next(one, 1, 4 * kHour) == 4 * kHour + kSecond);
}

TEST_CASE("what no limit can ask for is forgotten, also without prune") {
  const RateLimit one = limit(1, kSecond);
  RateBook book;
  for (std::int64_t contact = 0; contact < 100'000; ++contact) book.take(one, contact, contact * kMilli);
  CHECK(book.size() < 5'000);
  book.prune(kHour);
  CHECK(book.size() == 0);
}

TEST_CASE("a limit of zero is none") {
  const RateLimit none = limit(0, kSecond);
  RateBook book;
  book.take(none, 1, kSecond);
  CHECK(book.next(none, 1, kSecond) == kSecond);
  CHECK(book.size() == 0);
}

TEST_CASE("what is merged is counted together, in order, and limits that share a log keep each its own span") {
  const RateLimit day = limit(2, kDay), week = limit(3, 7 * kDay);
  RateBook book;
  const Micros start = 1'000 * kDay;
  book.take(week, 1, start);
  book.take(day, 2, start + kHour);
  book.take(day, 1, start + 2 * kHour);
  book.merge("test.rate", 2, 1);
  CHECK(book.next(week, 1, start + 3 * kHour) == start + 7 * kDay);
  CHECK(book.next(day, 1, start + 3 * kHour) == start + kHour + kDay);
  CHECK(book.next(day, 2, start + 3 * kHour) == start + 3 * kHour);  // nothing is left there
  book.take(day, 1, start + 2 * kDay);  // the week still remembers what the day has forgotten
  CHECK(book.next(week, 1, start + 2 * kDay) == start + kHour + 7 * kDay);
  book.merge("test.rate", 5, 1);  // of nobody
  CHECK(book.counted(start + 2 * kDay).size() == 1);
}
