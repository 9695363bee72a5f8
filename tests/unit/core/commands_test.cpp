// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

Command about(const Stage& stage, const std::string& text = {}) {
  Command command;
  command.conversation = stage.conversation();
  command.text = text;
  return command;
}

}  // namespace

TEST_CASE("a command with an id that was carried out gives its first answer, and does nothing more") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  auto command = about(stage, "hello");
  command.id = "one";
  CHECK(stage.order("reply", command));
  const std::string first = stage.all<Reply>()[0].json;
  CHECK(stage.all<Attempt>().size() == 1);
  CHECK(stage.order("reply", command));
  CHECK(stage.all<Reply>()[0].json == first);
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.records("msg.out.intent").size() == 1);
}

TEST_CASE("an agent's answer answers all that waits") {
  Stage stage;
  for (const char* key : {"m:1", "m:2"}) {
    stage.receive(key);
    stage.answer({});
  }
  CHECK(stage.order("reply", about(stage, "hello")));
  stage.tell(Attempted::Outcome::sent);
  REQUIRE(stage.disk.turns().size() == 2);
  for (const auto& [index, turn] : stage.disk.turns()) CHECK(turn.by == "human");
}

TEST_CASE("an agent's answer that fails leaves what waits waiting") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  CHECK(stage.order("reply", about(stage, "hello")));
  stage.tell(Attempted::Outcome::failed, "invalid");
  CHECK(stage.core->figures().turns_waiting == 1);
  stage.wait(2 * kHour);
  CHECK(stage.disk.turns().begin()->second.ending == "escalated");
}

TEST_CASE("what cannot be done is refused, and the reason said") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  CHECK_FALSE(stage.order("dance"));
  CHECK_FALSE(stage.order("reply", about(stage)));
  Command nobody;
  nobody.conversation = "00112233445566778899aabbccddeeff";
  nobody.text = "x";
  CHECK_FALSE(stage.order("reply", nobody));
  CHECK(stage.all<Reply>()[0].json.find("-32004") != std::string::npos);
  CHECK_FALSE(stage.order("quarantine.requeue"));
  CHECK_FALSE(stage.order("outbox.resolve"));
  CHECK_FALSE(stage.order("account.resume"));
}

TEST_CASE("closing declines what waits") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  CHECK(stage.order("conversation.close", about(stage)));
  CHECK(stage.disk.turns().begin()->second.ending == "declined");
  CHECK(stage.records("turn.declined").size() == 1);
  CHECK(stage.disk.open_turns().empty());
}

TEST_CASE("what is requeued is handled again, also after a start") {
  Stage stage;
  stage.receive("m:1");
  for (int i = 0; i < 3; ++i) stage.fail();
  CHECK(stage.core->figures().quarantined == 1);
  for (const bool restarted : {false, true}) {
    if (restarted) {
      for (int i = 0; i < 3; ++i) stage.fail();
      stage.start();
    }
    Command command;
    command.index = 0;
    CHECK(stage.order("quarantine.requeue", command));
    CHECK(stage.all<Handle>().size() == 1);
    CHECK(stage.core->figures().quarantined == 0);
  }
  stage.answer({R"({"effect":"reply","text":"hi"})"});
  stage.tell(Attempted::Outcome::sent);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
}

TEST_CASE("a person says what became of a parked part") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","text":"hi"})"});
  stage.tell(Attempted::Outcome::unclear);
  Command command;
  command.index = stage.disk.outbox().begin()->first;
  command.text = "perhaps";
  CHECK_FALSE(stage.order("outbox.resolve", command));
  SECTION("it has arrived") {
    command.text = "sent";
    CHECK(stage.order("outbox.resolve", command));
    CHECK(stage.disk.turns().begin()->second.ending == "answered");
  }
  SECTION("it is to be sent again") {
    command.text = "resend";
    CHECK(stage.order("outbox.resolve", command));
    CHECK(stage.all<Attempt>().size() == 1);
    CHECK(stage.records("policy.allow").size() == 1);
  }
  SECTION("it is given up") {
    command.text = "drop";
    CHECK(stage.order("outbox.resolve", command));
    CHECK(stage.disk.outbox().empty());
    CHECK(stage.core->figures().turns_waiting == 1);
  }
}
