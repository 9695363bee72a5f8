// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {
const std::string kReply = R"({"effect":"reply","text":"hi"})";
}

TEST_CASE("an event whose chain had not ended is handed over again, the same") {
  Stage stage;
  stage.receive("m:1");
  const auto before = stage.all<Handle>().at(0);
  stage.start();
  REQUIRE(stage.all<Handle>().size() == 1);
  CHECK(*stage.all<Handle>()[0].event == *before.event);
  CHECK(stage.all<Handle>()[0].context == before.context);
}

TEST_CASE("an event that is being answered is not handed over again") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({kReply});
  stage.start();
  CHECK(stage.all<Handle>().empty());
  CHECK(stage.records("msg.out.unknown").size() == 1);  // it was on its way
}

TEST_CASE("on a copy nothing is handed over or sent that was open when it was made") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({kReply});                                      // on its way
  stage.receive("m:2", {{"thread", "t2"}, {"sender", "p2"}});  // at its handler
  stage.start(stage.now.wall - kHour);
  CHECK(stage.all<Handle>().empty());
  CHECK(stage.all<Attempt>().empty());
  REQUIRE(stage.records("audit.restored").size() == 1);
  CHECK(stage.records("msg.out.unknown").back().decision == "restored");
  stage.wait(30 * kMinute);
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.core->figures().parts_parked == 1);
  CHECK(stage.core->figures().turns_waiting == 2);
}

TEST_CASE("on a copy what was written before the start waits for people, and what is new is handled") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({kReply});
  stage.start(stage.now.wall - kHour);
  const auto before = rfc3339(stage.now.wall - kMinute), after = rfc3339(stage.now.wall + kMinute);
  stage.receive("m:2", {{"thread", "t2"}, {"sender", "p2"}, {"sent_at", before}});
  CHECK(stage.all<Handle>().empty());
  stage.wait(2 * kMinute);
  stage.receive("m:3", {{"thread", "t3"}, {"sender", "p3"}, {"sent_at", after}});
  CHECK(stage.all<Handle>().size() == 1);
}

TEST_CASE("what waits behind a parked part of its own message is no answer on its way, also after a start") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","text":"The first sentence. The second sentence."})"});
  stage.tell(Attempted::Outcome::unclear);
  stage.start();
  stage.wait(kHour + kMinute);
  CHECK(stage.disk.turns().begin()->second.ending == "escalated");
}

TEST_CASE("more open conversations than fit into memory survive a start, whatever is decided before it is resumed") {
  auto settings = one_account();
  settings->hot_conversations = 2;
  Stage stage(settings);
  for (int i = 0; i < 10; ++i)
    stage.receive("m:" + std::to_string(i), {{"thread", std::to_string(i)}, {"sender", std::to_string(i)}});
  simulation::Dice dice(2);
  Core core(settings, crypto::Key{7}, stage.disk.image(*settings, dice));
  Decision decision;
  Record start;
  start.type = "audit.start";
  core.decide(Noted{start}, stage.now, {}, decision);
  core.resume(stage.now, {}, decision);
  CHECK(decision.once.size() == 10);
}

TEST_CASE("a reload changes the next chain, not the one that runs") {
  Stage stage(one_account(2));
  stage.receive("m:1");
  auto fewer = one_account(1);
  fewer->handlers[0].name = "another";
  stage.put(Replaced{fewer});
  stage.answer({});
  CHECK(stage.all<Handle>().at(0).handler == "handler1");
  stage.answer({kReply});
  CHECK(stage.all<Attempt>().size() == 1);
  stage.receive("m:2");
  CHECK(stage.all<Handle>().at(0).handler == "another");
}

TEST_CASE("an account that leaves the configuration keeps its footing until it is done") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({kReply});
  auto none = std::make_shared<Settings>(*one_account());
  none->accounts.clear();
  stage.put(Replaced{none});
  stage.tell(Attempted::Outcome::retry, "transient");
  stage.wait(2 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
  stage.tell(Attempted::Outcome::sent);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  stage.receive("m:2");
  CHECK(stage.core->figures().dropped == 1);
}

TEST_CASE("a clock that has gone back while nobody was here is put on record first") {
  Stage stage;
  stage.receive("m:1");
  stage.now.wall -= kHour;
  stage.now.boot_id = {'8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};
  stage.now.boot = kSecond;
  stage.start();
  stage.receive("m:2");
  REQUIRE(stage.records("clock.step").size() == 1);
  CHECK(stage.records("clock.step")[0].wall == stage.now.wall);
  CHECK(stage.records("msg.in")[1].wall == stage.now.wall);
}

TEST_CASE("subjects that were made ahead are used") {
  Stage stage;
  Id spare;
  spare.bytes[3] = 7;
  stage.put(Spares{{spare}});
  stage.receive("m:1");
  CHECK(stage.records("msg.in").at(0).contact == spare);
}
