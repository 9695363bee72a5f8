// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

std::shared_ptr<Settings> listing(Micros every) {
  auto settings = one_account();
  settings->accounts[0].list_every = every;
  return settings;
}

/// A message that was sent so long ago.
Event said(const Stage& stage, const std::string& key, Micros ago) {
  return Stage::event(key, {{"sent_at", rfc3339(stage.now.wall - ago)}, {"text", key}});
}

void answer(Stage& stage, std::vector<Event>&& events, const std::string& cursor = {}, const std::string& error = {}) {
  stage.put(Listed{"acme", std::move(events), cursor, error});
}

/// Ten minutes, in which the first round was due.
List begin(Stage& stage) {
  stage.wait(10 * kMinute);
  REQUIRE(stage.all<List>().size() == 1);
  return stage.all<List>()[0];
}

}  // namespace

TEST_CASE("a platform is asked as often as it shall be, from where the last round has ended") {
  Stage stage(listing(15 * kMinute));
  const Micros start = stage.now.wall;
  CHECK(begin(stage).since == start);
  stage.wait(20 * kMinute);
  CHECK(stage.all<List>().empty());  // the round is not over
  answer(stage, {}, "page 2");
  REQUIRE(stage.all<List>().size() == 1);
  CHECK(stage.all<List>()[0].cursor == "page 2");
  answer(stage, {});
  CHECK(stage.all<List>().empty());
  stage.wait(15 * kMinute);
  REQUIRE(stage.all<List>().size() == 1);
  CHECK(stage.all<List>()[0].since == start + 8 * kMinute);  // the first round's beginning, less what webhooks may take
  CHECK(stage.all<List>()[0].cursor.empty());

  SECTION("also in a new process") {
    stage.start();
    stage.wait(2 * kMinute);
    REQUIRE(stage.all<List>().size() == 1);
    CHECK(stage.all<List>()[0].since / kMilli == (start + 8 * kMinute) / kMilli);
  }
  SECTION("a round that failed looks again at the same") {
    answer(stage, {}, {}, "HTTP 502");
    CHECK(stage.all<Alarm>().at(0).id == "listing.failed");
    stage.wait(15 * kMinute);
    CHECK(stage.all<List>().at(0).since == start + 8 * kMinute);
  }
  SECTION("not while the account is paused") {
    stage.receive("m1");
    stage.answer({R"({"effect":"reply","text":"hi"})"});
    stage.tell(Attempted::Outcome::pause, "auth");
    answer(stage, {});
    stage.wait(kHour);
    CHECK(stage.all<List>().empty());
  }
}

TEST_CASE("who is not to be asked is not") {
  Stage stage(listing(0));
  stage.wait(kDay);
  CHECK(stage.all<List>().empty());
}

TEST_CASE("what no webhook has brought is taken in once, and the gap is on record") {
  Stage stage(listing(15 * kMinute));
  stage.wait(30 * kSecond);
  stage.receive(said(stage, "told", 0));
  begin(stage);
  std::vector<Event> events;
  events.push_back(said(stage, "told", 10 * kMinute));
  events.push_back(said(stage, "missed", 5 * kMinute));
  events.push_back(said(stage, "before us", kHour));
  events.push_back(said(stage, "on its way", kMinute));
  events.push_back(said(stage, "", 5 * kMinute));
  answer(stage, std::move(events));
  CHECK(stage.records("msg.in").size() == 2);
  const auto gaps = stage.records("webhook.missed");
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].cause == stage.records("msg.in")[1].index);
  CHECK(gaps[0].count == 300);
  CHECK(gaps[0].account == "acme");
  CHECK(gaps[0].conversation == stage.records("msg.in")[1].conversation);
  CHECK(stage.core->figures().turns_waiting + stage.core->figures().events_waiting >= 1);  // it wants an answer

  stage.receive(said(stage, "missed", 5 * kMinute));  // the webhook comes after all
  CHECK(stage.records("msg.in").size() == 2);
  CHECK(stage.core->figures().duplicates == 2);

  stage.wait(15 * kMinute);
  events.clear();
  events.push_back(said(stage, "missed", 20 * kMinute));
  events.push_back(said(stage, "on its way", 16 * kMinute));
  answer(stage, std::move(events));
  CHECK(stage.records("webhook.missed").size() == 2);
}
