// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "core/planted.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

Command erase(const Stage& stage) {
  Command command;
  command.contact = stage.disk.contacts().begin()->second.id.hex();
  command.text = "they asked by mail";
  command.via = "mail";
  return command;
}

std::size_t bodies_of(const Stage& stage, const Id& contact) {
  std::size_t bodies = 0;
  for (const auto& record : stage.disk.records()) bodies += record.contact == contact && record.body ? 1 : 0;
  return bodies;
}

}  // namespace

TEST_CASE("who is erased leaves a record of every thing that was said, and not a word of it") {
  Stage stage;
  stage.receive("k1", {{"text", "I am Rita"}});
  stage.answer({R"({"effect":"reply","text":"hello Rita"})"});
  stage.tell(Attempted::Outcome::sent);
  const Id contact = stage.disk.contacts().begin()->second.id;
  const auto before = stage.disk.records().size();
  REQUIRE(bodies_of(stage, contact) >= 3);
  REQUIRE(stage.order("contact.erase", erase(stage)));

  CHECK(bodies_of(stage, contact) == 0);
  CHECK(stage.disk.contacts().begin()->second.doc == nullptr);
  CHECK(stage.disk.conversations().begin()->second.doc == nullptr);
  CHECK(stage.disk.erasures().empty());
  REQUIRE(stage.records("subject.erase.requested").size() == 1);
  const auto requested = stage.records("subject.erase.requested")[0];
  CHECK(requested.contact == contact);
  CHECK(requested.decision == "mail");
  CHECK(requested.account == "acme");
  CHECK(requested.actor == "user:00112233445566778899aabbccddeeff");
  CHECK(requested.index == static_cast<std::int64_t>(before));
  // The disk gives three at a time; each record covers what goes with it, and the last one says that it was all.
  const auto erased = stage.records("subject.erased");
  REQUIRE(erased.size() == 2);
  CHECK(erased[0].outcome == "deferred");
  CHECK(erased[1].outcome == "ok");
  CHECK(erased[1].contact == contact);
  CHECK(erased[1].cause == requested.index);
  CHECK(erased[1].count.value_or(0) >= 4);
  CHECK(stage.all<Reply>().at(0).json.find(R"("state":"erased")") != std::string::npos);
}

TEST_CASE("who writes again after that is somebody new, and the platform's repetition is still known") {
  Stage stage;
  stage.receive("k1", {{"text", "I am Rita"}});
  stage.answer({R"({"effect":"reply","text":"hello Rita"})"});
  stage.tell(Attempted::Outcome::sent);
  Command by_name;
  by_name.account = "acme";
  by_name.contact = "p1";
  REQUIRE(stage.order("contact.erase", by_name));
  stage.receive("k1", {{"text", "I am Rita"}});
  CHECK(stage.records("msg.in").size() == 1);
  stage.receive("k2", {{"text", "me again"}});
  CHECK(stage.records("msg.in").size() == 2);
  CHECK(stage.disk.contacts().size() == 2);
  CHECK(stage.disk.conversations().size() == 2);
  CHECK(stage.records("msg.in")[1].contact != stage.records("msg.in")[0].contact);
  CHECK(stage.all<Handle>().size() == 1);
  // The first one is asked for by its pseudonym: that it was erased is known, and by which record.
  REQUIRE(stage.order("contact.erase", erase(stage)));
  CHECK(stage.all<Reply>().at(0).json.find(R"("state":"erased")") != std::string::npos);
  CHECK(stage.records("subject.erase.requested").size() == 1);
}

TEST_CASE("what is under way for a contact ends with them") {
  Stage stage(one_account(2));
  SECTION("a handler is being asked, and its answer comes too late") {
    stage.receive("k1");
    REQUIRE(stage.order("contact.erase", erase(stage)));
    REQUIRE(stage.records("turn.declined").size() == 1);
    CHECK(stage.records("turn.declined")[0].decision == "erased");
    stage.answer({R"({"effect":"reply","text":"too late"})"});
    CHECK(stage.records("msg.out.intent").empty());
  }
  SECTION("an answer is being sent: nobody will hear whether it arrived") {
    stage.receive("k1");
    stage.answer({R"({"effect":"reply","text":"one"})", R"({"effect":"reply","text":"two"})"}, true);
    REQUIRE(stage.order("contact.erase", erase(stage)));
    CHECK(stage.records("msg.out.unknown").size() == 1);
    REQUIRE(stage.records("msg.out.failed").size() == 1);
    CHECK(stage.records("msg.out.failed")[0].decision == "erased:given-up");
    CHECK(stage.disk.outbox().empty());
    stage.tell(Attempted::Outcome::sent);
    CHECK(stage.records("msg.out.sent").empty());
  }
  SECTION("a handler has failed, and its event is in quarantine") {
    stage.receive("k1");
    for (int times = 0; times < 3; ++times) stage.fail();
    stage.answer({});
    CHECK(stage.core->figures().quarantined == 1);
    REQUIRE(stage.order("contact.erase", erase(stage)));
    CHECK(stage.records("msg.dead").size() == 1);
    CHECK(stage.core->figures().quarantined == 0);
  }
  SECTION("a timer runs") {
    stage.receive("k1");
    stage.answer({R"({"effect":"schedule","id":"later","in":3600})"}, true);
    REQUIRE(stage.order("contact.erase", erase(stage)));
    CHECK(stage.disk.timers().empty());
    stage.wait(2 * kHour);
    CHECK(stage.records("timer.fired").empty());
  }
  CHECK(stage.disk.open_turns().empty());
  CHECK(stage.core->figures().events_waiting == 0);
  CHECK(stage.core->figures().turns_waiting == 0);
  CHECK(stage.core->figures().conversations == 0);
  CHECK(stage.core->waiting() == 0);
}

TEST_CASE("an erasure goes on after a kill between any two of its steps, and nobody is brought back") {
  for (int steps = 0; steps < 5; ++steps) {
    INFO("killed after " << steps << " lots");
    Stage stage;
    for (const auto* key : {"k1", "k2", "k3", "k4", "k5", "k6", "k7"}) stage.receive(key);
    const Id contact = stage.disk.contacts().begin()->second.id;
    stage.lots_left = steps;
    Command command = erase(stage);
    command.method = "contact.erase";
    stage.put(std::move(command));
    if (!stage.disk.erasures().empty())
      CHECK(stage.records("subject.erased").size() == static_cast<std::size_t>(steps));
    stage.receive("k8");  // somebody new, before and after the start
    stage.lots_left = 1'000;
    stage.start();
    stage.receive("k9");
    CHECK(stage.disk.erasures().empty());
    CHECK(bodies_of(stage, contact) == 0);
    CHECK(stage.records("subject.erase.requested").size() == 1);
    std::size_t ends = 0;
    for (const auto& record : stage.records("subject.erased")) ends += record.outcome == "ok" ? 1 : 0;
    CHECK(ends == 1);
    CHECK(stage.disk.contacts().size() == 2);
    CHECK(bodies_of(stage, stage.records("msg.in").back().contact) >= 2);
  }
}

TEST_CASE("a contact that nobody has, and words that nobody means, are refused") {
  Stage stage;
  stage.receive("k1");
  Command command;
  command.contact = "00112233445566778899aabbccddee00";
  CHECK_FALSE(stage.order("contact.erase", command));
  command.account = "acme";
  command.contact = "nobody";
  CHECK_FALSE(stage.order("contact.erase", command));
  command.account = "nobody's";
  command.contact = "p1";
  CHECK_FALSE(stage.order("contact.erase", command));
  command = erase(stage);
  command.via = "by mail";
  CHECK_FALSE(stage.order("contact.erase", command));
  command = erase(stage);
  command.text = std::string(1'001, 'x');
  CHECK_FALSE(stage.order("contact.erase", command));
  CHECK(stage.records("subject.erase.requested").empty());
}
