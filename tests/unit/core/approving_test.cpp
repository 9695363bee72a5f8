// SPDX-License-Identifier: Apache-2.0
// What takes two people: the one who asks cannot agree, and what nobody agrees to in time is over.
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

constexpr std::string_view kAsker = "user:00112233445566778899aabbccddeeff";
constexpr std::string_view kOther = "user:ffeeddccbbaa99887766554433221100";

std::shared_ptr<Settings> two_persons() {
  auto settings = one_account(0);
  settings->two_persons = {"contact.erase", "hold.release"};
  return settings;
}

struct Said {
  bool ok;
  std::string json;
};

struct Two {
  Two() { stage.receive("k1", {{"text", "I am Rita"}}); }

  Said say(std::string_view actor, const std::string& method, Command command = {}) {
    command.method = method;
    command.actor = actor;
    stage.put(std::move(command));
    const auto replies = stage.all<Reply>();
    REQUIRE(replies.size() == 1);
    return {replies[0].ok, replies[0].json};
  }
  Said erase(std::string_view actor = kAsker) {
    Command command;
    command.contact = contact();
    return say(actor, "contact.erase", command);
  }
  Said approve(std::string_view actor, const std::string& method = "approval.give") {
    Command command;
    command.index = stage.records("approval.requested").back().index;
    return say(actor, method, command);
  }
  /// A hold, whose release is asked for.
  std::string held() {
    Command place;
    place.via = "all";
    const auto placed = say(kAsker, "hold.place", place).json;
    const auto id = placed.substr(placed.find("\"hold\":\"") + 8, 32);
    Command release;
    release.text = id;
    const auto answer = say(kAsker, "hold.release", release);
    CHECK(answer.ok);
    CHECK(answer.json.find(R"("state":"waits")") != std::string::npos);
    return id;
  }
  std::string contact() const { return stage.disk.contacts().begin()->second.id.hex(); }
  bool erased() const { return !stage.records("subject.erased").empty(); }

  Stage stage{two_persons()};
};

}  // namespace

TEST_CASE("an erasure that takes two is carried out when another user agrees") {
  Two two;
  const auto asked = two.erase();
  CHECK(asked.ok);
  CHECK(asked.json.find(R"("state":"deferred")") != std::string::npos);
  CHECK(asked.json.find(R"("basis":"approval/)") != std::string::npos);
  CHECK_FALSE(two.erased());

  const auto own = two.approve(kAsker);
  CHECK_FALSE(own.ok);
  CHECK(own.json.find("somebody else") != std::string::npos);
  CHECK_FALSE(two.erased());
  REQUIRE(two.stage.records("approval.given").size() == 1);
  CHECK(two.stage.records("approval.given")[0].outcome == "refused");

  CHECK(two.approve(kOther).ok);
  CHECK(two.erased());
  const auto given = two.stage.records("approval.given").back(), request = two.stage.records("approval.requested")[0];
  CHECK(given.actor == kOther);
  CHECK(given.outcome == "ok");
  CHECK(given.cause == request.index);
  CHECK(given.contact == request.contact);
  CHECK(request.actor == kAsker);
  CHECK(request.cause == two.stage.records("subject.erase.requested")[0].index);
  CHECK(two.stage.disk.approvals().empty());
  CHECK_FALSE(two.approve(kOther).ok);  // once is enough
}

TEST_CASE("asked for again, by whomever, it is the same request") {
  Two two;
  two.erase();
  two.erase();
  two.erase(kOther);
  CHECK(two.stage.records("approval.requested").size() == 1);
  CHECK_FALSE(two.erased());
  CHECK_FALSE(two.approve(kAsker).ok);
}

TEST_CASE("what waits for a second person survives a start") {
  Two two;
  two.erase();
  two.stage.start();
  CHECK(two.say(kOther, "approval.list").json.find(std::string(kAsker)) != std::string::npos);
  CHECK_FALSE(two.erased());
  CHECK_FALSE(two.approve(kAsker).ok);
  CHECK(two.approve(kOther).ok);
  CHECK(two.erased());
}

TEST_CASE("on a copy of the ledger nobody agrees to what was asked for before: it may have been refused since") {
  Two two;
  two.held();
  two.erase();
  two.stage.start(two.stage.now.wall);
  CHECK(two.stage.records("approval.expired").size() == 2);
  CHECK(two.stage.records("subject.erase.refused").size() == 1);
  CHECK(two.stage.disk.approvals().empty());
  CHECK_FALSE(two.approve(kOther).ok);
  CHECK_FALSE(two.erased());
  CHECK_FALSE(two.stage.disk.holds().empty());
}

TEST_CASE("nobody's yes in time is a no, also when the time runs out while nobody is there") {
  for (const bool restarts : {false, true}) {
    Two two;
    two.erase();
    two.stage.wait(two.stage.settings->approval_time - kSecond);
    CHECK(two.stage.records("approval.expired").empty());
    if (restarts) two.stage.start();
    two.stage.wait(2 * kSecond);
    REQUIRE(two.stage.records("approval.expired").size() == 1);
    REQUIRE(two.stage.records("subject.erase.refused").size() == 1);
    const auto refused = two.stage.records("subject.erase.refused")[0];
    CHECK(refused.outcome == "refused");
    CHECK(refused.decision == "approval.expired");
    CHECK(refused.cause == two.stage.records("subject.erase.requested")[0].index);
    CHECK(two.stage.disk.erasures().empty());
    CHECK_FALSE(two.approve(kOther).ok);
    CHECK_FALSE(two.erased());
    two.erase();  // it may be asked for anew
    CHECK(two.approve(kOther).ok);
    CHECK(two.erased());
  }
}

TEST_CASE("a no ends it, also one's own") {
  for (const auto who : {kAsker, kOther}) {
    Two two;
    two.erase();
    CHECK(two.approve(who, "approval.refuse").ok);
    CHECK(two.stage.records("approval.refused").size() == 1);
    CHECK(two.stage.records("subject.erase.refused").size() == 1);
    CHECK(two.stage.disk.erasures().empty());
    CHECK_FALSE(two.approve(kOther).ok);
  }
}

TEST_CASE("a hold whose release takes two holds until another user agrees") {
  Two two;
  const auto hold = two.held();
  CHECK(two.stage.disk.holds().size() == 1);
  CHECK_FALSE(two.approve(kAsker).ok);
  CHECK(two.stage.disk.holds().size() == 1);
  const auto released = two.approve(kOther);
  CHECK(released.ok);
  CHECK(released.json.find(hold) != std::string::npos);
  CHECK(two.stage.disk.holds().empty());
  CHECK(two.stage.records("hold.released")[0].actor == kOther);

  Two denied;
  denied.held();
  denied.stage.wait(denied.stage.settings->approval_time + kSecond);
  CHECK(denied.stage.records("approval.expired").size() == 1);
  CHECK(denied.stage.disk.holds().size() == 1);
}

TEST_CASE("two people do not overrule a hold") {
  Two two;
  Command place;
  place.via = "all";
  two.say(kAsker, "hold.place", place);
  two.erase();
  CHECK(two.approve(kOther).ok);
  CHECK_FALSE(two.erased());
  CHECK(two.stage.records("subject.erase.deferred").back().decision.starts_with("hold/"));
}
