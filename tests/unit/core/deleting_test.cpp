// SPDX-License-Identifier: Apache-2.0
// A platform asks that somebody be forgotten: at every account of its application, once, and with a code that tells.
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

std::shared_ptr<Settings> three_accounts() {
  auto settings = one_account(0);
  for (const char* name : {"second", "elsewhere"}) {
    AccountSettings account = settings->accounts[0];
    account.name = name;
    account.account_key = name;
    if (account.name == "elsewhere") account.section = "another";
    settings->accounts.push_back(std::move(account));
  }
  return settings;
}

struct Platform {
  explicit Platform(std::shared_ptr<Settings> settings = three_accounts()) : stage(std::move(settings)) {
    for (const auto& account : stage.settings->accounts) {
      Arrived arrived;
      arrived.section = account.section;
      arrived.account = account.name;
      arrived.events.push_back(Stage::event("k1", {{"text", "I am Rita"}}));
      arrived.events.push_back(Stage::event("k2", {{"text", "I am Vaz"}, {"thread", "t2"}, {"sender", "p2"}}));
      stage.put(std::move(arrived));
    }
  }
  std::vector<DeletionTaken> wish(const std::string& user, const std::string& proof) {
    stage.put(DeletionAsked{7, {"test"}, user, proof});
    return stage.all<DeletionTaken>();
  }
  std::size_t forgotten() const {
    std::size_t count = 0;
    for (const auto& record : stage.records("subject.erased")) count += record.outcome == "ok" ? 1 : 0;
    return count;
  }

  Stage stage;
};

}  // namespace

TEST_CASE("whom a platform wants forgotten is erased at each account of its application, and nowhere else") {
  Platform platform;
  const auto taken = platform.wish("p1", "signed");
  REQUIRE(taken.size() == 1);
  CHECK(taken[0].webhook == 7);
  CHECK_FALSE(taken[0].repeated);
  CHECK(platform.forgotten() == 2);
  for (const auto& record : platform.stage.records("subject.erased")) CHECK(record.account != "elsewhere");
  const auto received = platform.stage.records("subject.erase.received");
  REQUIRE(received.size() == 1);
  CHECK(received[0].message == taken[0].code);
  CHECK(received[0].count == 2);
  CHECK_FALSE(received[0].contact);
  for (const auto& request : platform.stage.records("subject.erase.requested")) {
    CHECK(request.cause == received[0].index);
    CHECK(request.message == taken[0].code);
    CHECK(request.decision == "callback");
  }
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "done");
  std::size_t kept = 0;
  for (const auto& record : platform.stage.records("msg.in")) kept += record.body ? 1 : 0;
  CHECK(kept == 4);  // of the other person, and of the same name elsewhere
}

TEST_CASE("a repeated wish changes nothing and gets the same code, also after a start") {
  Platform platform;
  const auto first = platform.wish("p1", "signed");
  const auto records = platform.stage.disk.records().size();
  for (int life = 0; life < 2; ++life) {
    const auto again = platform.wish("p1", "signed");
    REQUIRE(again.size() == 1);
    CHECK(again[0].repeated);
    CHECK(again[0].code == first[0].code);
    CHECK(platform.stage.disk.records().size() == records);
    platform.stage.start();
    CHECK(platform.stage.core->deletion_state(first[0].code) == "done");
  }
}

TEST_CASE("a stranger's wish is on record, with nothing to be erased") {
  Platform platform;
  const auto taken = platform.wish("nobody", "signed");
  REQUIRE(taken.size() == 1);
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "nothing");
  CHECK(platform.stage.records("subject.erase.received")[0].count == 0);
  CHECK(platform.stage.records("subject.erase.received")[0].outcome == "unknown");
  CHECK(platform.stage.records("subject.erase.requested").empty());
  CHECK(platform.stage.all<Alarm>().size() == 1);
  CHECK(platform.stage.core->deletion_state(Id{{1}}) == "unknown");
}

TEST_CASE("a hold puts off what a platform asks for, and the code says so until it ends") {
  Platform platform;
  Command place;
  place.account = "acme";
  REQUIRE(platform.stage.order("hold.place", place));
  const auto taken = platform.wish("p1", "signed");
  CHECK(platform.forgotten() == 1);
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "deferred");
  platform.stage.start();
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "deferred");
  Command release;
  release.text = platform.stage.disk.holds().begin()->first.hex();
  REQUIRE(platform.stage.order("hold.release", release));
  CHECK(platform.forgotten() == 2);
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "done");
}

TEST_CASE("what a person asks for through the platform needs nobody's agreement") {
  auto settings = three_accounts();
  settings->two_persons = {"contact.erase"};
  Platform platform(settings);
  Command erase;
  erase.account = "acme";
  erase.contact = "p1";
  REQUIRE(platform.stage.order("contact.erase", erase));
  CHECK(platform.forgotten() == 0);
  const auto taken = platform.wish("p1", "signed");
  CHECK(platform.forgotten() == 2);
  CHECK(platform.stage.records("approval.moot").size() == 1);
  CHECK(platform.stage.disk.approvals().empty());
  CHECK(platform.stage.core->deletion_state(taken[0].code) == "done");
}
