// SPDX-License-Identifier: Apache-2.0
// Tokens: asked for ahead of their end, once, and never again with what may be spent.
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;
using Outcome = Refreshed::Outcome;

namespace {

std::shared_ptr<Settings> refreshing(bool single_use = true, std::uint8_t seed = 1) {
  auto settings = one_account();
  settings->accounts[0].refresh = {true, single_use, kHour, 0};
  settings->accounts[0].seed[0] = seed;
  return settings;
}

/// The account's row, as tools see it.
std::string status(const Stage& stage) {
  return stage.core->accounts_json();
}
bool shows(const Stage& stage, const std::string& text) {
  return status(stage).find(text) != std::string::npos;
}

Refresh asked(const Stage& stage) {
  const auto all = stage.all<Refresh>();
  REQUIRE(all.size() == 1);
  return all[0];
}

std::shared_ptr<const Tokens> tokens(const char* token, const char* refresh) {
  return std::make_shared<Tokens>(Tokens{{"token", Secret(token)}, {"refresh_token", Secret(refresh)}});
}

void grant(Stage& stage, const Refresh& refresh, Micros lasts, const char* token = "t-1") {
  stage.put(Refreshed{Outcome::granted, "acme", refresh.asked, tokens(token, "r-1"), lasts, {}});
}
void end(Stage& stage, const Refresh& refresh, Outcome outcome) {
  stage.put(Refreshed{outcome, "acme", refresh.asked, nullptr, 0, "HTTP 400, invalid_grant"});
}

}  // namespace

TEST_CASE("A token whose end is not known is refreshed at once, then ahead of its end") {
  Stage stage(refreshing());
  const auto first = asked(stage);
  CHECK(stage.disk.tokens().at("acme").asked == first.asked);
  grant(stage, first, 2 * kHour);
  const auto adopted = stage.all<Adopt>();
  REQUIRE(adopted.size() == 1);
  CHECK(adopted[0].tokens->at("token").reveal() == "t-1");
  CHECK(stage.records("secret.rotated").size() == 1);
  CHECK(stage.disk.tokens().at("acme").asked == 0);
  stage.wait(kHour - kSecond);
  CHECK(stage.all<Refresh>().empty());
  stage.wait(2 * kSecond);
  CHECK(stage.all<Refresh>().size() == 1);
}

TEST_CASE("The end and the next refresh outlive a restart") {
  Stage stage(refreshing());
  grant(stage, asked(stage), 2 * kHour);
  stage.start();
  CHECK(stage.all<Refresh>().empty());
  CHECK(shows(stage, "\"token_ends\""));
  stage.wait(kHour);
  CHECK(stage.all<Refresh>().size() == 1);
}

TEST_CASE("A refresh whose answer was lost pauses the account with the remedy, and is never repeated") {
  Stage stage(refreshing());
  asked(stage);
  stage.start();
  CHECK(stage.all<Refresh>().empty());
  CHECK(stage.all<Alarm>().at(0).id == "account.paused");
  CHECK(shows(stage, "\"pause_class\":\"auth\""));
  CHECK(shows(stage, "log the account in again"));
  // keys.db commits first: were the row changed with the pause, a kill in between would lose the reason.
  CHECK(stage.disk.tokens().at("acme").asked > 0);
  for (int i = 0; i < 3; ++i) {
    stage.wait(kDay);
    CHECK(stage.all<Refresh>().empty());
  }
  stage.start();
  CHECK(stage.all<Refresh>().empty());
  Command resume;
  resume.account = "acme";
  stage.order("account.resume", resume);
  CHECK(stage.disk.tokens().at("acme").asked == 0);
  stage.start();
  stage.wait(kDay);
  CHECK(stage.all<Refresh>().empty());
  CHECK(stage.records("account.paused").size() == 1);

  stage.settings = refreshing(true, 2);  // a person has logged in again
  stage.put(Replaced{stage.settings});
  grant(stage, asked(stage), 2 * kHour);
  CHECK(!shows(stage, "token_trouble"));
}

TEST_CASE("An unclear end is the same as a lost answer") {
  Stage stage(refreshing());
  end(stage, asked(stage), Outcome::unclear);
  CHECK(shows(stage, "\"pause_class\":\"auth\""));
  stage.wait(kDay);
  CHECK(stage.all<Refresh>().empty());
}

TEST_CASE("What is not spent by asking may be asked again") {
  Stage stage(refreshing(false));
  end(stage, asked(stage), Outcome::unclear);
  CHECK(!shows(stage, "paused"));
  stage.wait(2 * kMinute);
  CHECK(stage.all<Refresh>().size() == 1);
  stage.start();
  CHECK(stage.all<Refresh>().size() == 1);
}

TEST_CASE("A refusal is told, and the account goes on while its token holds") {
  Stage stage(refreshing());
  end(stage, asked(stage), Outcome::refused);
  CHECK(stage.all<Alarm>().at(0).id == "token.refused");
  CHECK(shows(stage, "invalid_grant"));
  CHECK(!shows(stage, "\"paused\""));
  stage.wait(kDay);
  CHECK(stage.all<Refresh>().empty());
}

TEST_CASE("A platform that cannot be reached is asked again, more and more seldom") {
  Stage stage(refreshing());
  Micros last = stage.now.wall;
  std::vector<Micros> pauses;
  for (int i = 0; i < 8; ++i) {
    end(stage, asked(stage), Outcome::later);
    while (stage.all<Refresh>().empty()) stage.wait(10 * kSecond);
    pauses.push_back(stage.now.wall - last);
    last = stage.now.wall;
  }
  CHECK(pauses.front() < 2 * kMinute);
  CHECK(pauses.back() > 30 * kMinute);
  CHECK(pauses.back() < 2 * kHour);
}

TEST_CASE("A token that the platform refuses is refreshed, and the outbox goes on") {
  Stage stage(refreshing());
  grant(stage, asked(stage), 10 * kHour);
  stage.wait(kHour);
  stage.receive("m1");
  stage.answer({R"({"effect":"reply","text":"hello"})"});
  stage.tell(Attempted::Outcome::pause, "auth");
  CHECK(shows(stage, "\"paused\""));
  const auto refresh = asked(stage);
  grant(stage, refresh, 10 * kHour, "t-2");
  CHECK(!shows(stage, "\"paused\""));
  REQUIRE(stage.all<Attempt>().size() == 1);
  // The new token is the courier's before the part is: both wait for one commit.
  std::size_t adopted = 0, attempted = 0;
  for (std::size_t i = 0; i < stage.actions.size(); ++i) {
    if (std::holds_alternative<Adopt>(stage.actions[i])) adopted = i;
    if (std::holds_alternative<Attempt>(stage.actions[i])) attempted = i;
  }
  CHECK(adopted < attempted);

  stage.tell(Attempted::Outcome::pause, "auth");  // a fresh one, refused as well: a person has to look
  CHECK(stage.all<Refresh>().empty());
  CHECK(shows(stage, "\"paused\""));
  stage.wait(kHour);
  CHECK(stage.all<Attempt>().empty());
}

TEST_CASE("An answer to what was asked with other credentials is ignored") {
  Stage stage(refreshing());
  const auto old = asked(stage);
  stage.settings = refreshing(true, 2);
  stage.now.wall += kSecond;
  stage.now.boot += kSecond;
  stage.put(Replaced{stage.settings});
  grant(stage, old, kHour);
  CHECK(stage.all<Adopt>().empty());
}

TEST_CASE("The end of a token that nothing refreshes is announced a week before") {
  Stage stage;
  Standing told;
  told.account = "acme";
  told.ends = stage.now.wall + 30 * kDay;
  stage.put(told);
  CHECK(shows(stage, "\"token_ends\""));
  stage.wait(22 * kDay);
  CHECK(stage.all<Alarm>().empty());
  stage.start();
  stage.wait(2 * kDay);
  REQUIRE(stage.all<Alarm>().size() == 1);
  CHECK(stage.all<Alarm>()[0].id == "token.ends");
  stage.wait(kDay);
  CHECK(stage.all<Alarm>().empty());
}

TEST_CASE("An account that was paused for its token is mended at the next start, once") {
  Stage stage(refreshing());
  grant(stage, asked(stage), 10 * kHour);
  stage.receive("m1");
  stage.answer({R"({"effect":"reply","text":"hello"})"});
  stage.tell(Attempted::Outcome::pause, "auth");
  CHECK(stage.all<Refresh>().empty());  // it is too young
  stage.start();
  grant(stage, asked(stage), 10 * kHour, "t-2");
  CHECK(!shows(stage, "\"paused\""));
  stage.tell(Attempted::Outcome::pause, "auth");
  CHECK(stage.all<Refresh>().empty());
}

TEST_CASE("A part that left with the token of before is sent again with the new one") {
  Stage stage(refreshing());
  const auto refresh = asked(stage);
  stage.receive("m1");
  stage.answer({R"({"effect":"reply","text":"hello"})"});
  REQUIRE(stage.all<Attempt>().size() == 1);
  grant(stage, refresh, 10 * kHour);
  stage.tell(Attempted::Outcome::pause, "auth");
  CHECK(!shows(stage, "\"paused\""));
  stage.put(Standing{"acme", "auth", "the poll was refused", 0});
  CHECK(!shows(stage, "\"paused\""));
  stage.wait(2 * kSecond);
  REQUIRE(stage.all<Attempt>().size() == 1);
  stage.tell(Attempted::Outcome::pause, "auth");  // the new one as well
  CHECK(shows(stage, "\"paused\""));
}
