// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("an answered message is three records, and the verdict stands in the second") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","text":"hi"})"});
  stage.tell(Attempted::Outcome::sent);
  REQUIRE(stage.disk.records().size() == 3);
  const auto& intent = stage.disk.records()[1];
  CHECK(intent.type == "msg.out.intent");
  CHECK(intent.decision == "allow/t.window:59058ea978258e2f");
  CHECK(intent.cause == 0);
  CHECK(stage.disk.records()[2].type == "msg.out.sent");
  CHECK(stage.disk.records()[2].cause == 1);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  CHECK(stage.disk.outbox().empty());
  CHECK(stage.disk.open_turns().empty());
}

TEST_CASE("a long text becomes parts that leave one after another, each with a verdict of its own") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","text":"The first sentence. The second one. And the third one."})"});
  const auto intent = stage.records("msg.out.intent").at(0);
  CHECK(intent.decision.starts_with("transform/"));
  REQUIRE(*intent.count == 3);
  for (int number = 1; number <= 3; ++number) {
    REQUIRE(stage.all<Attempt>().size() == 1);
    CHECK(stage.records("policy.allow").size() == static_cast<std::size_t>(number - 1));
    CHECK(stage.disk.turns().empty());
    stage.tell(Attempted::Outcome::sent);
  }
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.records("msg.out.sent").size() == 3);
  CHECK(stage.disk.turns().size() == 1);
}

TEST_CASE("a comment is answered in private once") {
  Stage stage;
  const std::string reply = R"({"effect":"private_reply","text":"hi"})";
  stage.receive("c:1", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({reply});
  REQUIRE(stage.all<Attempt>().size() == 1);
  CHECK(stage.all<Attempt>()[0].task.find(R"("to_comment":"c1")") != std::string::npos);
  CHECK(stage.all<Attempt>()[0].task.find(R"("visibility":"private")") != std::string::npos);
  stage.tell(Attempted::Outcome::sent);
  stage.receive("c:2", {{"kind", "edit"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({reply});
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.records("policy.refuse").size() == 1);
  stage.start();
  stage.receive("c:3", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({reply});
  CHECK(stage.all<Attempt>().empty());
}

TEST_CASE("what policy denies is on record, and its turn waits") {
  Stage stage;
  stage.receive("m:1", {{"sent_at", "2020-01-01T00:00:00Z"}});
  stage.answer({R"({"effect":"reply","text":"hi"})"});
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.records("policy.refuse").at(0).outcome == "refused");
  CHECK(stage.core->figures().turns_waiting == 1);
}

TEST_CASE("effects that stay inside change the conversation, also after a start") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"tag","tag":"vip"})", R"({"effect":"set","name":"a","value":"b"})",
                R"({"effect":"set","scope":"contact","name":"c","value":"d"})",
                R"({"effect":"state","value":{"n":7}})"});
  CHECK(stage.records("handler.decision").at(0).decision == "tag-set-set");
  stage.start();
  stage.receive("m:2");
  const auto call = stage.all<Handle>().at(0);
  CHECK(call.context.find(R"("tags":["vip"])") != std::string::npos);
  CHECK(call.context.find(R"("attributes":{"a":"b"})") != std::string::npos);
  CHECK(call.context.find(R"("contact_attributes":{"c":"d"})") != std::string::npos);
  CHECK(call.state == R"({"n":7})");
}

TEST_CASE("a message to a conversation that nobody knows is refused, with the rule") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"send","conversation":"00112233445566778899aabbccddeeff","text":"hi"})"});
  CHECK(stage.records("policy.refuse").at(0).decision.starts_with("deny/core.no-conversation"));
}

TEST_CASE("a template is a part of its own, and known as one at every attempt") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"reply","template":{"name":"order_update","language":"en_US","parameters":["4711"]}})"});
  const auto attempts = stage.all<Attempt>();
  REQUIRE(attempts.size() == 1);
  CHECK(attempts[0].task.find(R"("part":{"template":{"name":"order_update")") != std::string::npos);
  stage.tell(Attempted::Outcome::retry, "transient");
  stage.wait(5 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
  Part plain;
  plain.content = R"({"text":"he said \"template\":{ to me"})";
  CHECK(!plain.is_form());
}
