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

/// Somebody has written, and somebody else since, so that the first conversation has left memory.
std::unique_ptr<Stage> long_ago() {
  auto settings = one_account();
  settings->hot_conversations = 1;
  auto stage = std::make_unique<Stage>(settings);
  for (const char* who : {"1", "2"}) {
    stage->receive(std::string("m:") + who, {{"thread", std::string("t") + who}, {"sender", std::string("p") + who}});
    stage->answer({R"({"effect":"reply","text":"hi"})"});
    stage->tell(Attempted::Outcome::sent);
  }
  REQUIRE(stage->core->figures().conversations == 1);
  return stage;
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

TEST_CASE("a person may answer with a template in place of a text") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  auto command = about(stage);
  command.form = R"({"name":"order_update"})";
  CHECK_FALSE(stage.order("reply", command));
  command.form = R"({"name":"order_update","language":"en_US"})";
  CHECK(stage.order("reply", command));
  CHECK(stage.all<Attempt>().at(0).task.find(R"("template":{"name":"order_update")") != std::string::npos);
}

TEST_CASE("a command gives its first answer to the process after the one that carried it out") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  auto command = about(stage, "hello");
  command.id = "one";
  CHECK(stage.order("reply", command));
  const std::string first = stage.all<Reply>()[0].json;
  stage.start();
  CHECK(stage.order("reply", command));
  CHECK(stage.all<Reply>()[0].json == first);
  CHECK(stage.records("msg.out.intent").size() == 1);
  SECTION("another id is another command") {
    command.id = "two";
  }
  SECTION("no id is another command") {
    command.id.clear();
  }
  CHECK(stage.order("reply", command));
  CHECK(stage.records("msg.out.intent").size() == 2);
}

TEST_CASE("of a command that was refused nothing is kept: it is tried anew") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  auto command = about(stage);
  command.id = "one";
  CHECK_FALSE(stage.order("reply", command));
  command.text = "hello";
  CHECK(stage.order("reply", command));
}

TEST_CASE("a conversation that has left memory is answered, closed and explained like any other") {
  auto stage = long_ago();
  SECTION("answered") {
    CHECK(stage->order("reply", about(*stage, "hello")));
    REQUIRE(stage->all<Attempt>().size() == 1);
    CHECK(stage->all<Attempt>()[0].task.find("\"thread\":\"t1\"") != std::string::npos);
  }
  SECTION("closed") {
    CHECK(stage->order("conversation.close", about(*stage)));
    CHECK((stage->disk.conversations().begin()->second.flags & Conversation::kClosed) != 0);
    CHECK(stage->records("conversation.closed").size() == 1);
  }
  SECTION("explained") {
    CHECK(stage->order("policy.explain", about(*stage, "bot")));
    CHECK(stage->all<Reply>()[0].json.find("\"outcome\":\"allow\"") != std::string::npos);
    CHECK_FALSE(stage->order("policy.explain", about(*stage, "king")));
  }
  CHECK(stage->core->figures().conversations <= 2);
}

TEST_CASE("a handler may send to a conversation that has left memory, and learns of none that is not there") {
  auto stage = long_ago();
  stage->receive("m:3", {{"thread", "t2"}, {"sender", "p2"}});
  const auto send = [](const std::string& to) {
    return R"({"effect":"send","text":"psst","conversation":")" + to + "\"}";
  };
  stage->answer({send(stage->conversation()), send("00112233445566778899aabbccddeeff"), send("x")});
  REQUIRE(stage->all<Attempt>().size() == 1);
  CHECK(stage->all<Attempt>()[0].task.find("\"thread\":\"t1\"") != std::string::npos);
  const auto refused = stage->records("policy.refuse");
  REQUIRE(refused.size() == 2);
  for (const auto& record : refused) CHECK(record.decision.starts_with("deny/core.no-conversation"));
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

TEST_CASE("a comment is answered in private unless the agent says in public, and a private message never in public") {
  Stage stage;
  stage.receive("c:1", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({});
  auto command = about(stage, "hello");
  SECTION("in private") {
    CHECK(stage.order("reply", command));
    REQUIRE(stage.all<Attempt>().size() == 1);
    CHECK(stage.all<Attempt>()[0].task.find("\"visibility\":\"private\"") != std::string::npos);
    stage.tell(Attempted::Outcome::sent);
    CHECK_FALSE(stage.order("reply", command));  // nothing waits any more
    CHECK(stage.all<Reply>()[0].json.find("no comment waits") != std::string::npos);
  }
  SECTION("in public") {
    command.in_public = true;
    CHECK(stage.order("reply", command));
    REQUIRE(stage.all<Attempt>().size() == 1);
    CHECK(stage.all<Attempt>()[0].task.find("\"visibility\":\"public\"") != std::string::npos);
    CHECK(stage.all<Attempt>()[0].task.find("\"to_comment\":\"c1\"") != std::string::npos);
    stage.receive("m:2", {{"thread", "t2"}, {"sender", "p2"}});
    stage.answer({});
    command.conversation = std::next(stage.disk.conversations().begin())->second.id.hex();
    CHECK_FALSE(stage.order("reply", command));
  }
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
  for (const std::string& wrong : {std::string(32, '0'), std::string("x"), std::string()}) {
    nobody.conversation = wrong;
    for (const char* method : {"reply", "conversation.close", "policy.explain"})
      CHECK_FALSE(stage.order(method, nobody));
  }
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

TEST_CASE("what a handler could not take stays in quarantine when another one has answered, until it is discarded") {
  Stage stage(one_account(2));
  stage.receive("m:1");
  for (int i = 0; i < 3; ++i) stage.fail();
  stage.answer({R"({"effect":"reply","text":"hi"})"});
  stage.tell(Attempted::Outcome::sent);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  stage.start();
  stage.wait(2 * kHour);  // the contact has its answer: there is no deadline any more
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  CHECK(stage.core->figures().quarantined == 1);
  Command command;
  command.index = 0;
  SECTION("discarded") {
    CHECK_FALSE(stage.order("quarantine.discard", command));
    command.text = std::string(1001, 'x');
    CHECK_FALSE(stage.order("quarantine.discard", command));
    command.text = "spam";
    CHECK(stage.order("quarantine.discard", command));
    REQUIRE(stage.records("msg.dead").size() == 1);
    CHECK(*stage.records("msg.dead")[0].body == R"({"reason":"spam"})");
    CHECK(stage.disk.open_turns().empty());
    CHECK_FALSE(stage.order("quarantine.discard", command));
  }
  SECTION("requeued, and asked is the one that has not seen it") {
    CHECK(stage.order("quarantine.requeue", command));
    REQUIRE(stage.all<Handle>().size() == 1);
    CHECK(stage.all<Handle>()[0].handler == "handler0");
    stage.answer({});
    CHECK(stage.disk.open_turns().empty());
  }
  CHECK(stage.core->figures().quarantined == 0);
  CHECK(stage.disk.turns().size() == 1);
}

TEST_CASE("a message that is discarded before anybody answered it ends as declined") {
  Stage stage;
  stage.receive("m:1");
  for (int i = 0; i < 3; ++i) stage.fail();
  Command command;
  command.index = 0;
  command.text = "spam";
  CHECK(stage.order("quarantine.discard", command));
  CHECK(stage.disk.turns().begin()->second.ending == "declined");
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
