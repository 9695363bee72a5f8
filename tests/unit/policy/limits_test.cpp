// SPDX-License-Identifier: Apache-2.0
// Limits that no case of a file can ask about: bursts, whose sends are counted together, and night by people's own
// clocks.
#include "catch.hpp"
#include "core/policy/policy.hpp"
#include "core/policy/rate_book.hpp"
#include "core/policy/zones.hpp"

using namespace postern;
using namespace postern::core::policy;

namespace {

using List = std::vector<std::string>;
constexpr Micros kNow = 20'000 * kDay;

Pack pack(std::string_view kind, std::initializer_list<std::pair<std::string_view, Rule::Value>> values) {
  PackData made;
  made.platform = "test";
  made.hash = "59058ea978258e2f";
  made.add(kind, "t.rule", values);
  return Pack(std::move(made));
}

Question question(Micros at, std::int64_t account = 1, std::int64_t contact = 2) {
  Question made;
  made.text = "a text that is long enough to be compared with others";
  made.now = at;
  made.last_user = at - kHour;
  made.account = account;
  made.contact = contact;
  return made;
}

/// Sends at that instant as many as are let pass, of a hundred.
int burst(const Pack& pack, RateBook& book, const Question& asked) {
  int sent = 0;
  for (; sent < 100 && pack.judge(asked, book).outcome == Outcome::allow; ++sent) pack.count(asked, &book);
  return sent;
}

}  // namespace

TEST_CASE("a burst is let pass at once and then held against the rate") {
  const Pack rate = pack("rate", {{"count", 10}, {"per", kMinute}, {"burst", 5}, {"scope", std::string("account")}});
  CHECK(rate.rates_look_back() == 90 * kSecond);  // in which the rate gives as many
  RateBook book;
  CHECK(burst(rate, book, question(kNow)) == 15);
  CHECK(rate.judge(question(kNow), book).until == kNow + 90 * kSecond);
  CHECK(burst(rate, book, question(kNow + 90 * kSecond - 1)) == 0);
  CHECK(burst(rate, book, question(kNow + 90 * kSecond)) == 15);
}

TEST_CASE("an application's limit counts all accounts, an account's all contacts, a contact's the pair alone") {
  const auto left = [](const char* scope, std::int64_t account, std::int64_t contact) {
    const Pack rate = pack("rate", {{"count", 1}, {"per", kMinute}, {"scope", std::string(scope)}});
    RateBook book;
    rate.count(question(kNow), &book);
    return burst(rate, book, question(kNow, account, contact));
  };
  CHECK(left("app", 9, 9) == 0);
  CHECK(left("account", 1, 9) == 0);
  CHECK(left("account", 9, 9) == 1);
  CHECK(left("contact", 1, 2) == 0);
  CHECK(left("contact", 1, 9) == 1);
}

TEST_CASE("the same text to many waits or warns, as the rule has it, and says until when") {
  for (const char* otherwise : {"hold", "deny", "warn"}) {
    const Pack same = pack(
        "sameness",
        {{"count", 2}, {"per", kHour}, {"least", 5}, {"author", List{"bot"}}, {"otherwise", std::string(otherwise)}});
    RateBook book;
    for (const Micros at : {kNow, kNow + kMinute}) {
      Question asked = question(at, 1, at / kMinute);
      asked.message = at;
      CHECK(same.judge(asked, book).spoken.empty());
      same.count(asked, &book);
    }
    const Verdict third = same.judge(question(kNow + 2 * kMinute), book);
    REQUIRE(third.spoken.size() == 1);
    CHECK(name(third.outcome) == (otherwise == std::string("warn") ? "allow" : otherwise));
    CHECK(third.spoken[0].until == (otherwise == std::string("warn") ? 0 : kNow + kHour));
    CHECK(same.judge(question(kNow + kHour), book).spoken.empty());
    Question again = question(kNow + 2 * kMinute);  // what was sent before is not compared with itself
    again.retry = true, again.message = kNow, again.text_hash = same.text_hash(again.text);
    CHECK(same.judge(again, book).spoken.empty());
    again.message = 77;
    CHECK(same.judge(again, book).spoken.size() == 1);
  }
}

TEST_CASE("night is by the contact's own clock, which may be set twice a year") {
  const Pack night =
      pack("quiet_hours",
           {{"author", List{"bot"}}, {"hours", std::string("22:00-08:00")}, {"zone", std::string("Europe/Lisbon")}});
  const Micros spring = kNow + 5 * kDay + kHour;  // an hour is left out: 01:00 is 02:00
  std::map<std::string, Zone, std::less<>> known;
  known["Europe/Lisbon"].emplace_back(0, 0);
  known["Europe/Lisbon"].emplace_back(spring, kHour);
  known["Asia/Tokyo"].emplace_back(0, 9 * kHour);
  const Zones zones(known);
  const auto until = [&](Micros at, const Words& attributes = {}) {
    Question asked = question(at);
    asked.zones = &zones;
    asked.attributes = &attributes;
    const Verdict verdict = night.judge(asked, {});
    return verdict.outcome == Outcome::hold ? verdict.until : 0;
  };
  CHECK(until(kNow + 22 * kHour - 1) == 0);
  CHECK(until(kNow + 22 * kHour) == kNow + kDay + 8 * kHour);
  CHECK(until(kNow + kDay + 8 * kHour - 1) == kNow + kDay + 8 * kHour);
  CHECK(until(kNow + kDay + 8 * kHour) == 0);
  SECTION("in another zone") {
    const Words tokyo = {{"time_zone", "Asia/Tokyo"}};
    CHECK(until(kNow + 13 * kHour - 1, tokyo) == 0);
    CHECK(until(kNow + 13 * kHour, tokyo) == kNow + 23 * kHour);
  }
  SECTION("a zone that nobody knows is none") {
    CHECK(until(kNow + 13 * kHour, {{"time_zone", "Mars/Olympus"}}) == 0);
  }
  SECTION("hours of their own") {
    const Words noon = {{"quiet_hours", "12:00-13:00"}};
    CHECK(until(kNow + 12 * kHour, noon) == kNow + 13 * kHour);
    CHECK(until(kNow + 23 * kHour, noon) == 0);
  }
  SECTION("after the clocks were set, an hour earlier by UTC") {
    CHECK(until(spring + 20 * kHour - 1) == 0);
    CHECK(until(spring + 20 * kHour) == spring + 30 * kHour);
  }
}
