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
  CapBook& caps = book.caps;
  const Micros start = 1'000 * kDay;
  caps.take(week, 1, 1, start);
  caps.take(day, 2, 2, start + kHour);
  caps.take(day, 1, 3, start + 2 * kHour);
  caps.merge("test.rate", 2, 1);
  CHECK(caps.next(week, 1, 0, start + 3 * kHour) == start + 7 * kDay);
  CHECK(caps.next(day, 1, 0, start + 3 * kHour) == start + kHour + kDay);
  CHECK(caps.next(day, 2, 0, start + 3 * kHour) == start + 3 * kHour);  // nothing is left there
  caps.take(day, 1, 4, start + 2 * kDay);  // the week still remembers what the day has forgotten
  CHECK(caps.next(week, 1, 0, start + 2 * kDay) == start + kHour + 7 * kDay);
  caps.merge("test.rate", 5, 1);  // of nobody
  CHECK(book.counted(start + 2 * kDay).size() == 1);
}

TEST_CASE("a cap counts a message once, from its newest attempt, and never against itself") {
  const RateLimit two = limit(2, kDay);
  CapBook caps;
  caps.take(two, 1, 7, kHour);
  caps.take(two, 1, 7, 2 * kHour);  // its second part, or tried again
  CHECK(caps.next(two, 1, 0, 2 * kHour) == 2 * kHour);
  caps.take(two, 1, 8, 3 * kHour);
  CHECK(caps.next(two, 1, 0, 4 * kHour) == 2 * kHour + kDay);
  CHECK(caps.next(two, 1, 7, 4 * kHour) == 4 * kHour);
  CHECK(caps.next(two, 1, 9, 4 * kHour) == 2 * kHour + kDay);
}

TEST_CASE("a cap keeps what is shared as long as the longest of those who share it asks") {
  CapBook caps;
  caps.share(limit(3, 7 * kDay));
  caps.take(limit(1, kHour), 1, 1, kDay);
  caps.take(limit(1, kHour), 1, 2, 2 * kDay);
  caps.take(caps.shared(), 1, 3, 3 * kDay);  // by who has no limit
  CHECK(caps.next(limit(3, 7 * kDay), 1, 0, 4 * kDay) == 8 * kDay);
}

TEST_CASE("a cap remembers no more than a limit can ask for") {
  const RateLimit two = limit(2, kDay);
  RateBook book;
  for (std::int64_t message = 1; message < 1'000; ++message) book.caps.take(two, 1, message, message);
  CHECK(book.counted(2'000).begin()->second.size() == 3);
  for (std::int64_t contact = 0; contact < 100'000; ++contact)
    book.caps.take(limit(1, kSecond), contact, contact + 1, contact * kMilli);
  CHECK(book.caps.size() < 5'000);
}
