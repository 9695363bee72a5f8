// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

const std::string kReply = R"({"effect":"reply","text":"hi"})";

std::string ending(const Stage& stage) {
  return stage.disk.turns().empty() ? "" : std::string(stage.disk.turns().begin()->second.ending);
}

}  // namespace

TEST_CASE("one event of a lane is handled at a time, others in parallel") {
  Stage stage;
  stage.receive("m:1");
  CHECK(stage.all<Handle>().size() == 1);
  stage.receive("m:2");
  CHECK(stage.all<Handle>().empty());
  stage.receive("m:3", {{"thread", "t2"}, {"sender", "p2"}});
  CHECK(stage.all<Handle>().size() == 1);
}

TEST_CASE("of a long lane the events wait on disk, and come back in their order") {
  auto settings = one_account();
  settings->lane_length = 2;
  Stage stage(settings);
  std::vector<std::string> texts;
  for (int i = 0; i < 6; ++i) {
    texts.push_back("number " + std::to_string(i));
    stage.receive("m:" + std::to_string(i), {{"text", texts.back()}});
  }
  const bool restarted = GENERATE(false, true);
  if (restarted) stage.start();
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0 || restarted) {
      REQUIRE(stage.all<Handle>().size() == 1);
      CHECK(stage.all<Handle>()[0].event->find("\"text\":\"" + texts[i] + "\"") != std::string::npos);
    }
    stage.answer({kReply});
    // Two are in memory beside the one that is handled; a start has put that one back.
    CHECK(stage.all<Load>().size() == (i >= (restarted ? 1u : 2u) && i + 1 < texts.size() ? 1 : 0));
  }
  CHECK(stage.all<Handle>().empty());
  CHECK(stage.core->figures().events_waiting == 0);
}

TEST_CASE("what a handler writes for people goes on record, sealed, with its decision") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"note","text":"wants a refund"})", R"({"effect":"assign","to":"desk"})",
                R"({"effect":"escalate","reason":"angry"})"});
  const auto made = stage.records("handler.decision");
  REQUIRE(made.size() == 1);
  CHECK(made[0].decision == "note-assign-escalate");
  CHECK(made[0].retention == "dm");
  CHECK(*made[0].body == R"({"effects":[{"effect":"note","text":"wants a refund"},{"effect":"assign","value":"desk"},)"
                         R"({"effect":"escalate","text":"angry"}]})");
}

TEST_CASE("a handler may say within which time a message is to be answered") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"sla","in":600})"});
  stage.start();
  stage.wait(9 * kMinute);
  CHECK(ending(stage).empty());
  stage.wait(2 * kMinute);
  CHECK(ending(stage) == "escalated");
  CHECK_FALSE(parse_effect(R"({"effect":"sla"})"));
  CHECK_FALSE(parse_effect(R"({"effect":"sla","in":0})"));
}

TEST_CASE("the handlers of a chain are asked in order, see what came before, and may stop it") {
  Stage stage(one_account(3));
  stage.receive("m:1");
  CHECK(stage.all<Handle>().at(0).handler == "handler0");
  stage.answer({kReply});
  CHECK(stage.all<Handle>().at(0).handler == "handler1");
  CHECK(stage.all<Handle>()[0].turn == R"({"replied":true,"effects":1,"attempt":1})");
  stage.answer({}, true);
  CHECK(stage.all<Handle>().empty());
  CHECK(stage.all<Attempt>().size() == 1);
}

TEST_CASE("a handler that fails three times loses the event to quarantine, and the chain goes on") {
  Stage stage(one_account(2));
  stage.receive("m:1");
  for (int i = 0; i < 2; ++i) {
    stage.fail();
    CHECK(stage.all<Handle>().at(0).handler == "handler0");
  }
  stage.fail();
  CHECK(stage.all<Handle>().at(0).handler == "handler1");
  CHECK(stage.all<Alarm>().at(0).id == "event.quarantined");
  stage.answer({});
  CHECK(stage.core->quarantine_json().find("handler0: it threw") != std::string::npos);
  stage.wait(kHour + kSecond);
  CHECK(ending(stage) == "escalated");
  CHECK(stage.core->figures().quarantined == 1);
}

TEST_CASE("a handler may stop the chain when it fails") {
  auto settings = one_account(2);
  settings->handlers[0].hold_on_failure = true;
  Stage stage(settings);
  stage.receive("m:1");
  for (int i = 0; i < 3; ++i) stage.fail();
  CHECK(stage.all<Handle>().empty());
}

TEST_CASE("an external handler sees an event after its commit, the others at once") {
  auto settings = one_account(1);
  Core core(settings, crypto::Key{7}, {});
  Decision decision;
  const Now now{kDay, kSecond, {}};
  core.resume(now, {}, decision);
  const auto handles = [](const std::vector<Action>& actions) {
    return std::count_if(actions.begin(), actions.end(),
                         [](const auto& a) { return std::holds_alternative<Handle>(a); });
  };
  for (const bool external : {false, true}) {
    auto next = one_account(1);
    next->handlers[0].external = external;
    core.decide(Replaced{next}, now, {}, decision);
    decision.clear();
    Arrived arrived;
    arrived.section = "test";
    arrived.account = "acme";
    arrived.events.push_back(Stage::event("m:" + std::to_string(external), {{"thread", std::to_string(external)}}));
    core.decide(std::move(arrived), now, {}, decision);
    const Load load = std::get<Load>(decision.commit.at(0));
    decision.clear();
    core.decide(Loaded{load.load, {}, {}, {}, {}, {}}, now, {}, decision);
    CHECK(handles(decision.once) == (external ? 0 : 1));
    CHECK(handles(decision.commit) == (external ? 1 : 0));
  }
}

TEST_CASE("what nobody answers is escalated at its deadline") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  stage.wait(kHour - kMinute);
  CHECK(ending(stage).empty());
  stage.wait(2 * kMinute);
  CHECK(ending(stage) == "escalated");
  CHECK(stage.all<Alarm>().at(0).id == "turn.unanswered");
  CHECK(stage.records("turn.escalated").at(0).decision == "unanswered");
}

TEST_CASE("what is still being handled at its deadline rings an alarm, once, and is not lost") {
  Stage stage;
  stage.receive("m:1");
  stage.wait(kHour + kSecond);
  CHECK(stage.all<Alarm>().at(0).id == "turn.late");
  stage.wait(2 * kMinute);
  CHECK(stage.all<Alarm>().empty());
  stage.answer({});
  stage.wait(2 * kMinute);
  CHECK(ending(stage) == "escalated");
}

TEST_CASE("an acknowledgement and a message elsewhere are no answers") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","text":"wait","ack":true})"});
  stage.tell(Attempted::Outcome::sent);
  CHECK(stage.core->figures().turns_waiting == 1);
  CHECK(ending(stage).empty());
}

TEST_CASE("closing declines a turn, but not one whose reply is on its way") {
  Stage stage;
  stage.receive("m:1");
  SECTION("without a reply") {
    stage.answer({R"({"effect":"close"})"});
    CHECK(ending(stage) == "declined");
  }
  SECTION("with a reply that arrives") {
    stage.answer({kReply, R"({"effect":"close"})"});
    CHECK(ending(stage).empty());
    stage.tell(Attempted::Outcome::sent);
    CHECK(ending(stage) == "answered");
  }
  SECTION("with a reply that fails") {
    stage.answer({kReply, R"({"effect":"close"})"});
    stage.tell(Attempted::Outcome::failed, "invalid");
    CHECK(stage.core->figures().turns_waiting == 1);
  }
}

TEST_CASE("a handler that counts over all conversations sees one event at a time, and its own state") {
  auto settings = one_account();
  settings->handlers[0].scope = Scope::all;
  Stage stage(settings);
  stage.receive("m:1");
  CHECK(stage.all<Handle>().at(0).state == "{}");
  stage.receive("m:2", {{"thread", "t2"}, {"sender", "p2"}});
  CHECK(stage.all<Handle>().empty());
  stage.answer({R"({"effect":"state","value":{"n":1}})"});
  REQUIRE(stage.all<Handle>().size() == 1);
  CHECK(stage.all<Handle>()[0].state == R"({"n":1})");
  stage.start();
  REQUIRE(stage.all<Handle>().size() == 1);
  CHECK(stage.all<Handle>()[0].state == R"({"n":1})");
}

TEST_CASE("a lane waits for the contact's profile, but not for ever") {
  auto settings = one_account();
  settings->handlers[0].needs_profile = true;
  settings->accounts[0].looks_up_profiles = true;
  Stage stage(settings);
  stage.receive("m:1");
  CHECK(stage.all<Handle>().empty());
  REQUIRE(stage.all<LookUp>().size() == 1);
  SECTION("it comes") {
    stage.put(Profiled{stage.all<LookUp>()[0].lookup, "Rita Vaz", "Rita", "rita", "pt"});
    REQUIRE(stage.all<Handle>().size() == 1);
    CHECK(stage.all<Handle>()[0].context.find("Rita Vaz") != std::string::npos);
    stage.answer({});
    stage.receive("m:2");
    CHECK(stage.all<LookUp>().empty());  // a day has to pass
  }
  SECTION("it does not come") {
    stage.wait(299 * kMilli);
    CHECK(stage.all<Handle>().empty());
    stage.wait(2 * kMilli);
    CHECK(stage.all<Handle>().size() == 1);
  }
}

TEST_CASE("a timer comes back to the handler that asked, and survives a start") {
  Stage stage(one_account(2));
  stage.receive("m:1");
  stage.answer({R"({"effect":"schedule","id":"later","in":60})", kReply});
  stage.answer({});
  stage.tell(Attempted::Outcome::sent);
  stage.start();
  stage.wait(59 * kSecond);
  CHECK(stage.all<Handle>().empty());
  stage.wait(2 * kSecond);
  REQUIRE(stage.all<Handle>().size() == 1);
  CHECK(stage.all<Handle>()[0].handler == "handler0");
  CHECK(stage.all<Handle>()[0].event->find(R"("timer":"later")") != std::string::npos);
  stage.start();  // it had not ended: it is handed over again
  REQUIRE(stage.all<Handle>().size() == 1);
  stage.answer({R"({"effect":"schedule","id":"later","in":60})", R"({"effect":"cancel","id":"later"})"});
  stage.wait(2 * kMinute);
  CHECK(stage.all<Handle>().empty());
}
