// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("a webhook is answered after its events are on record, and a repeated one adds nothing") {
  Stage stage;
  stage.receive("m:1");
  CHECK(stage.all<Answer>().size() == 1);
  CHECK(stage.records("msg.in").size() == 1);
  stage.receive("m:1");
  CHECK(stage.all<Answer>().size() == 1);
  CHECK(stage.records("msg.in").size() == 1);
  CHECK(stage.core->figures().duplicates == 1);
}

TEST_CASE("what is another tenant's is answered and dropped") {
  Stage stage;
  Arrived arrived;
  arrived.webhook = 1;
  arrived.section = "test";
  arrived.events.push_back(Stage::event("m:1", {{"account_key", "9999"}}));
  stage.put(std::move(arrived));
  CHECK(stage.all<Answer>().size() == 1);
  CHECK(stage.disk.records().empty());
}

TEST_CASE("receipts of one batch are one record that counts them") {
  Stage stage;
  stage.receive("m:1");
  Arrived arrived;
  arrived.section = "test";
  arrived.account = "acme";
  for (int i = 0; i < 3; ++i) arrived.events.push_back(Stage::event("", {{"kind", "receipt"}}));
  stage.put(std::move(arrived));
  REQUIRE(stage.records("msg.read").size() == 1);
  CHECK(stage.records("msg.read")[0].count == 3);
}

TEST_CASE("people of a group keep their pseudonyms, in the group and outside it, also after a start") {
  Stage stage;
  stage.receive("m:1", {{"thread", "group"}});
  stage.receive("m:2", {{"thread", "group"}, {"sender", "p2"}});
  stage.receive("m:3", {{"thread", "group"}, {"sender", "p2"}});
  stage.start();
  stage.receive("m:4", {{"thread", "p2"}, {"sender", "p2"}});
  const auto records = stage.records("msg.in");
  REQUIRE(records.size() == 4);
  CHECK(records[0].contact != records[1].contact);
  CHECK(records[1].contact == records[2].contact);
  CHECK(records[1].contact == records[3].contact);
  CHECK(records[0].conversation == records[2].conversation);
  CHECK(records[0].conversation != records[3].conversation);
}

TEST_CASE("a thread that has moved is the same conversation under both names") {
  Stage stage;
  stage.receive("m:1");
  stage.receive("m:2", {{"kind", "moved"}, {"moved_to", "t2"}});
  for (const bool restarted : {false, true}) {
    if (restarted) stage.start();
    stage.receive("n:" + std::to_string(restarted), {{"thread", "t2"}});
    stage.receive("o:" + std::to_string(restarted), {{"thread", "t1"}});
  }
  CHECK(stage.disk.conversations().size() == 1);
  CHECK(stage.records("msg.in").size() == 5);
}

TEST_CASE("an echo to a conversation that has left memory finds it") {
  Stage stage(one_account(0));
  stage.settings->routes.clear();
  stage.receive("m:1");
  stage.order("conversation.close", [&] {
    Command c;
    c.conversation = stage.conversation();
    return c;
  }());
  stage.start();
  CHECK(stage.core->figures().conversations == 0);
  stage.receive("e:1", {{"kind", "echo"}, {"sender", "4711"}});
  CHECK(stage.disk.conversations().size() == 1);
  CHECK(stage.records("msg.echo").size() == 1);
}

TEST_CASE("an answer in the platform's own application answers what waits") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({});
  auto echo = Stage::event("e:1", {{"kind", "echo"}});
  echo.from_app = false;
  stage.receive(std::move(echo));
  REQUIRE(stage.disk.turns().size() == 1);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  CHECK(stage.disk.turns().begin()->second.by == "human");
}

TEST_CASE("what cannot be decoded is kept raw, listed, and answered") {
  Stage stage;
  stage.put(Undecodable{9, "test", "acme", std::make_shared<const std::string>("\xff\xfe"), "decode threw"});
  CHECK(stage.all<Answer>().size() == 1);
  CHECK(stage.all<Alarm>().size() == 1);
  CHECK(stage.core->quarantine_json().find("decode threw") != std::string::npos);
  CHECK(stage.records("plugin.quarantined").at(0).body->find("//4=") != std::string::npos);
  stage.start();
  CHECK(stage.core->figures().quarantined == 1);
}

TEST_CASE("what cannot be decoded is known when it comes again, also after a start") {
  Stage stage;
  const auto post = [&](std::string_view body) {
    stage.put(Undecodable{9, "test", "acme", std::make_shared<const std::string>(body), "decode threw"});
    CHECK(stage.all<Answer>().size() == 1);
  };
  post("\xff");
  post("\xff");
  stage.start();
  post("\xff");
  CHECK(stage.records("plugin.quarantined").size() == 1);
  post("\xfe");
  CHECK(stage.records("plugin.quarantined").size() == 2);
}

TEST_CASE("a receipt that comes again is not counted again") {
  Stage stage;
  stage.receive(Stage::event("m:1"));
  const auto counted = [&] { return stage.records("msg.read").size(); };
  const auto before = counted();
  for (const std::string key : {"read:1", "read:1", "read:2", "read:1"})
    stage.receive(Stage::event(key, {{"kind", "receipt"}}));
  CHECK(counted() - before == 2);
}

TEST_CASE("a poll goes on from its cursor once its events are durable, and from there after a start") {
  auto settings = one_account();
  settings->accounts[0].polls = true;
  Stage stage(settings);
  Arrived arrived;
  arrived.section = "test";
  arrived.account = "acme";
  arrived.cursor = "17";
  arrived.events.push_back(Stage::event("m:1"));
  stage.put(std::move(arrived));
  REQUIRE(stage.all<Poll>().size() == 1);
  CHECK(stage.all<Poll>()[0].cursor == "17");
  stage.start();
  REQUIRE(stage.all<Poll>().size() == 1);
  CHECK(stage.all<Poll>()[0].cursor == "17");
}

TEST_CASE("a person whose name for us changes stays the same contact") {
  Stage stage;
  stage.receive("m:1", {{"thread", "351910000001"}, {"sender", "351910000001"}});
  stage.receive(
      "v:1", {{"kind", "moved"}, {"thread", "351910000001"}, {"sender", "351910000001"}, {"moved_to", "351910000009"}});
  SECTION("after a restart") {
    stage.start();
  }
  SECTION("at once") {}
  stage.receive("m:2", {{"thread", "351910000009"}, {"sender", "351910000009"}});
  CHECK(stage.disk.conversations().size() == 1);
  const auto messages = stage.records("msg.in");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0].contact == messages[1].contact);
  CHECK(messages[0].conversation == messages[1].conversation);
}
