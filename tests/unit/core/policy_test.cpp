// SPDX-License-Identifier: Apache-2.0
// Policy in the running core: what a conversation teaches it, and what waits for a person or for consent. P1, P2, P16,
// P22 and P23 are the pains of users of other systems that these rules answer.
#include "catch.hpp"
#include "ruled.hpp"

using namespace postern;
using namespace postern::core;

namespace {

const std::string kReply = R"({"effect":"reply","text":"hi"})";

/// Somebody writes and the handler answers.
void exchange(Stage& stage, const std::string& key, const std::string& text, const std::string& effect = kReply) {
  stage.receive(key, {{"text", text}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({effect});
}

std::string sent_text(const Stage& stage) {
  const auto attempts = stage.all<Attempt>();
  return attempts.empty() ? "" : attempts.back().task;
}

Command about_part(const Stage& stage) {
  Command command;
  for (const auto& [key, row] : stage.disk.outbox()) command.index = key;
  return command;
}

Command about_first_part(const Stage& stage) {
  Command command;
  const auto parts = stage.disk.outbox();
  if (!parts.empty()) command.index = parts.begin()->first;
  return command;
}

}  // namespace

TEST_CASE("P1: nobody but a person ever gets the human agent's tag") {
  Stage stage;
  exchange(stage, "m:1", "hello");
  CHECK(sent_text(stage).find("human_agent") == std::string::npos);
  stage.tell(Attempted::Outcome::sent);
  stage.wait(30 * kHour);
  Command reply;
  reply.conversation = stage.conversation();
  reply.text = "sorry, late";
  CHECK(stage.order("reply", reply));
  CHECK(sent_text(stage).find("\"tag\":\"human_agent\"") != std::string::npos);
}

TEST_CASE("P2: explain names the rule, and the next instant at which it says something else") {
  Stage stage;
  exchange(stage, "m:1", "hello");
  stage.tell(Attempted::Outcome::sent);
  Command explain;
  explain.conversation = stage.conversation();
  explain.text = "bot";
  CHECK(stage.order("policy.explain", explain));
  const std::string open = stage.all<Reply>()[0].json;
  CHECK(open.find("\"rule\":\"t.window\"") != std::string::npos);
  CHECK(open.find("\"changes_at\"") != std::string::npos);
  stage.wait(25 * kHour);
  CHECK(stage.order("policy.explain", explain));
  const std::string closed = stage.all<Reply>()[0].json;
  CHECK(closed.find("\"outcome\":\"deny\"") != std::string::npos);
  CHECK(closed.find("let a person answer") != std::string::npos);
}

TEST_CASE("P16: a comment has one private reply, and none after seven days") {
  Stage stage;
  const auto comment = [&](const std::string& key) {
    stage.receive(
        key,
        {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", key}, {"sent_at", rfc3339(stage.now.wall)}});
  };
  comment("c1");
  stage.answer({R"({"effect":"private_reply","text":"one"})", R"({"effect":"private_reply","text":"two"})"});
  CHECK(stage.records("msg.out.intent").size() == 1);
  CHECK(stage.records("policy.refuse").size() == 1);
}

TEST_CASE("P22: a survey asks policy first, and is not sent without consent") {
  const std::string survey = R"({"effect":"reply","text":"how was it?","purpose":"survey"})";
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("consent", "t.survey", {{"purposes", Strings{"survey"}}});
  }));
  exchange(stage, "m:1", "thanks", survey);
  CHECK(stage.records("policy.refuse").size() == 1);
  exchange(stage, "m:2", "yes, ask me",
           R"({"effect":"consent","purpose":"survey","state":"granted","evidence":"m:2"})");
  CHECK(stage.records("consent.granted").size() == 1);
  exchange(stage, "m:3", "bye", survey);
  CHECK(stage.records("msg.out.intent").size() == 1);
  SECTION("and the next process knows it") {
    stage.tell(Attempted::Outcome::sent);
    stage.start();
    exchange(stage, "m:4", "again", survey);
    CHECK(stage.records("msg.out.intent").size() == 2);
  }
}

TEST_CASE("P23: who writes STOP gets nothing more from a campaign, until they write START") {
  Stage stage(with_rules(
      [](policy::PackData& data) {
        data.add("window", "t.campaign", {{"author", Strings{"campaign"}}, {"length", 24 * kHour}})
            .add("stop", "t.stop", {{"author", Strings{"bot", "campaign"}}});
      },
      policy::Author::campaign));
  exchange(stage, "m:1", "¡Parar!");
  CHECK(stage.records("consent.revoked").size() == 1);
  CHECK(stage.records("policy.refuse").size() == 1);
  stage.start();
  exchange(stage, "m:2", "don't stop me now");
  CHECK(stage.records("policy.refuse").size() == 2);
  exchange(stage, "m:3", "start");
  CHECK(stage.records("consent.granted").size() == 1);
  CHECK(stage.records("msg.out.intent").size() == 1);
}

TEST_CASE("a machine says once that it is one, and that is on record") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("disclosure", "t.disclosure", {{"text", "A machine."}, {"author", Strings{"bot"}}});
  }));
  exchange(stage, "m:1", "hello");
  CHECK(sent_text(stage).find("A machine.") != std::string::npos);
  stage.tell(Attempted::Outcome::sent);
  CHECK(stage.records("automation.notice").size() == 1);
  stage.start();
  exchange(stage, "m:2", "and?");
  CHECK(sent_text(stage).find("A machine.") == std::string::npos);
}

TEST_CASE("what needs an approval waits for a second person, also over a restart") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("approval", "t.approval", {{"author", Strings{"human"}}});
  }));
  stage.receive("m:1");
  stage.answer({});
  Command reply;
  reply.conversation = stage.conversation();
  reply.text = "a promise";
  CHECK(stage.order("reply", reply));
  CHECK(stage.all<Attempt>().empty());
  stage.start();
  stage.wait(kHour);
  CHECK(stage.all<Attempt>().empty());
  SECTION("its author cannot approve it") {
    CHECK_FALSE(stage.order("outbox.approve", about_part(stage)));
    CHECK(stage.all<Attempt>().empty());
  }
  SECTION("it can be taken back") {
    CHECK(stage.order("outbox.withdraw", about_part(stage)));
    CHECK(stage.disk.outbox().empty());
    CHECK(stage.records("policy.refuse").size() == 1);
  }
  SECTION("another person lets it pass") {
    Command approve = about_part(stage);
    approve.method = "outbox.approve";
    approve.actor = "user:ffeeddccbbaa99887766554433221100";
    stage.put(std::move(approve));
    CHECK(stage.all<Attempt>().size() == 1);
  }
}

TEST_CASE("what a contact has said in private is not repeated below their comment") {
  Stage stage(with_rules([](policy::PackData& data) { data.add("private_words", "t.private", {}); }));
  exchange(stage, "m:1", "my order is AB12CD34");
  stage.tell(Attempted::Outcome::sent);
  stage.start();
  stage.receive("c1", {{"kind", "comment"}, {"visibility", "public"}, {"thread", "post"}, {"platform_id", "c1"}});
  stage.answer({R"({"effect":"comment_reply","text":"AB12CD34 is late"})"});
  CHECK(stage.records("policy.refuse").size() == 1);
}

TEST_CASE("what waits for consent leaves when the contact opts in") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("consent", "t.news", {{"purposes", Strings{"news"}}, {"otherwise", "hold"}});
  }));
  exchange(stage, "m:1", "hello", R"({"effect":"reply","text":"our news","purpose":"news"})");
  CHECK(stage.all<Attempt>().empty());
  stage.start();
  stage.receive("o:1", {{"kind", "optin"}, {"purpose", "news"}, {"sent_at", rfc3339(stage.now.wall)}});
  CHECK(stage.all<Attempt>().size() == 1);
}

namespace {

void promotions(policy::PackData& data) {
  data.add("promotion", "t.promotion", {{"count", 2}, {"per", 7 * kDay}, {"purposes", Strings{"marketing"}}});
}

const std::string kOffer = R"({"effect":"reply","text":"an offer","purpose":"marketing"})";

void offer(Stage& stage, const std::string& key, const std::string& thread) {
  stage.receive(key, {{"thread", thread}, {"sender", "p-" + thread}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({kOffer});
  if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
}

Command linking(const Stage& stage) {
  Command command;
  auto at = stage.disk.conversations().rbegin();  // the newest two
  command.conversation = at->second.id.hex();
  command.other = (++at)->second.id.hex();
  return command;
}

}  // namespace

TEST_CASE("linked contacts share a cap on promotion, also after a restart") {
  Stage stage(with_rules(promotions));
  offer(stage, "m:0", "t0");
  offer(stage, "m:1", "t1");
  offer(stage, "m:2", "t2");
  offer(stage, "m:3", "t1");
  CHECK(stage.records("policy.hold").empty());
  CHECK(stage.order("contact.link", linking(stage)));
  const auto linked = stage.records("identity.linked");
  REQUIRE(linked.size() == 2);
  CHECK(linked[0].contact != linked[1].contact);
  CHECK(linked[0].extra[0].second == linked[1].contact.hex());
  SECTION("at once") {}
  SECTION("after a restart") {
    stage.start();
  }
  offer(stage, "m:4", "t2");  // their second, and the person's fourth
  REQUIRE(stage.records("policy.hold").size() == 1);
  CHECK(stage.records("policy.hold")[0].decision.starts_with("hold/t.promotion"));
}

TEST_CASE("contacts are linked once, a group never, and what has left memory is found") {
  auto settings = with_rules(promotions);
  settings->hot_conversations = 1;
  Stage stage(settings);
  for (const std::string thread : {"t1", "t2", "t3"}) offer(stage, "m:" + thread, thread);
  CHECK(stage.order("contact.link", linking(stage)));
  CHECK(stage.all<Reply>()[0].json == R"({"linked":true})");
  CHECK(stage.order("contact.link", linking(stage)));
  CHECK(stage.all<Reply>()[0].json == R"({"linked":false})");
  auto unknown = linking(stage);
  unknown.other = std::string(32, 'a');
  CHECK_FALSE(stage.order("contact.link", unknown));
  CHECK(stage.records("identity.linked").size() == 2);
}

TEST_CASE("a purpose that a handler has named is counted after a restart as it was before") {
  Stage stage(with_rules(promotions));
  offer(stage, "m:1", "t1");
  offer(stage, "m:2", "t1");
  const auto before = stage.core->rates().counted(stage.now.wall);
  REQUIRE(before.size() == 1);
  stage.start();
  CHECK(stage.core->rates().counted(stage.now.wall) == before);
  offer(stage, "m:3", "t1");
  CHECK(stage.records("policy.hold").size() == 1);
}

TEST_CASE("identical texts are noticed after a restart, too") {
  Stage stage(with_rules([](auto& data) {
    data.add(
        "sameness", "t.same",
        {{"count", 2}, {"per", kHour}, {"least", 5}, {"author", Strings{"bot"}}, {"otherwise", std::string("deny")}});
  }));
  const std::string same = R"({"effect":"reply","text":"very good news"})";
  for (const std::string thread : {"t1", "t2"}) {
    stage.receive("m:" + thread, {{"thread", thread}, {"sender", thread}, {"sent_at", rfc3339(stage.now.wall)}});
    stage.answer({same});
    stage.tell(Attempted::Outcome::sent);
  }
  const auto before = stage.core->rates().counted(stage.now.wall);
  stage.start();
  CHECK(stage.core->rates().counted(stage.now.wall) == before);
  stage.receive("m:t3", {{"thread", "t3"}, {"sender", "t3"}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({same});
  REQUIRE(stage.records("policy.refuse").size() == 1);
  CHECK(stage.records("policy.refuse")[0].decision.starts_with("deny/t.same"));
}

TEST_CASE("what was on its way at a kill is counted once, from when it left") {
  Stage stage(with_rules(promotions));
  stage.receive("m:1", {{"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({kOffer});
  REQUIRE(stage.all<Attempt>().size() == 1);
  const auto before = stage.core->rates().counted(stage.now.wall);
  for (int kills = 0; kills < 3; ++kills) {
    stage.now.wall += kMinute;
    stage.now.boot += kMinute;
    stage.start();
    CHECK(stage.core->rates().counted(stage.now.wall) == before);
  }
}

TEST_CASE("explain takes a text, and without one says which words every text needs") {
  Stage stage(with_rules([](auto& data) {
    data.add("phrases", "t.imprint",
             {{"words", Strings{"Acme Ltd"}}, {"action", std::string("require")}, {"author", Strings{"human", "bot"}}});
  }));
  exchange(stage, "m:1", "hello", R"({"effect":"reply","text":"hi from Acme Ltd"})");
  stage.tell(Attempted::Outcome::sent);
  Command explain;
  explain.conversation = stage.conversation();
  CHECK(stage.order("policy.explain", explain));
  CHECK(stage.all<Reply>()[0].json.find(R"("outcome":"allow","rule":"t.human")") != std::string::npos);
  CHECK(stage.all<Reply>()[0].json.find(R"(one of its phrases: \"Acme Ltd\")") != std::string::npos);
  explain.said = "hello";
  CHECK(stage.order("policy.explain", explain));
  CHECK(stage.all<Reply>()[0].json.find(R"("outcome":"deny","rule":"t.imprint")") != std::string::npos);
  explain.said = "hello, this is your friend at Acme Ltd again";
  CHECK(stage.order("policy.explain", explain));
  CHECK(stage.all<Reply>()[0].json.find(R"("texts":["hello, this is your )") != std::string::npos);
}

TEST_CASE("what is held is in the list of the outbox, with the time until which it waits") {
  Stage stage(with_rules([](auto& data) {
    data.add("undo", "t.undo", {{"author", Strings{"bot"}}, {"delay", kMinute}});
  }));
  exchange(stage, "m:1", "hello");
  const std::string listed = stage.core->parked_json();
  CHECK(listed.find(R"("state":"held")") != std::string::npos);
  CHECK(listed.find("\"until\":\"" + rfc3339(stage.now.wall + kMinute)) != std::string::npos);
}

TEST_CASE("who is refused hears why, and nothing of what they say to that") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("phrases", "t.phrases",
             {{"words", Strings{"profit"}}, {"action", "forbid"}, {"author", Strings{"bot", "human"}}});
  }));
  const std::string promise = R"({"effect":"reply","text":"a sure profit"})";
  SECTION("a handler whose route has the kind") {
    stage.settings->routes[0].kinds = ~std::uint64_t{0};
    stage.start();
    exchange(stage, "m:1", "hello", promise);
    REQUIRE(stage.all<Handle>().size() == 1);
    const std::string told = *stage.all<Handle>()[0].event;
    CHECK(told.find(R"("kind":"failed")") != std::string::npos);
    CHECK(told.find(R"("refusal":{"rule":"t.phrases","reason":"the text has a phrase)") != std::string::npos);
    CHECK(told.find("a sure profit") != std::string::npos);
    SECTION("also if the daemon dies before it has heard") {
      stage.start();
      REQUIRE(stage.all<Handle>().size() == 1);
      CHECK(*stage.all<Handle>()[0].event == told);
    }
    stage.answer({promise});
    CHECK(stage.records("policy.refuse").size() == 2);
    CHECK(stage.all<Handle>().empty());
  }
  SECTION("no other") {
    exchange(stage, "m:1", "hello", promise);
    CHECK(stage.all<Handle>().empty());
  }
  SECTION("an agent, as data of the error") {
    exchange(stage, "m:1", "hello", "{\"effect\":\"note\",\"text\":\"a\"}");
    Command reply;
    reply.conversation = stage.conversation();
    reply.text = "a sure profit";
    CHECK_FALSE(stage.order("reply", reply));
    CHECK(stage.all<Reply>()[0].json.find(R"("data":{"rule":"t.phrases")") != std::string::npos);
  }
}

TEST_CASE("replies in public are counted before they have left") {
  Stage stage(with_rules([](policy::PackData& data) { data.add("public_turns", "t.turns", {{"most", 1}}); }));
  stage.receive("c1", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({R"({"effect":"comment_reply","text":"one"})", R"({"effect":"comment_reply","text":"two"})"});
  CHECK(stage.records("msg.out.intent").size() == 1);
  CHECK(stage.records("policy.refuse").size() == 1);
}

TEST_CASE("a first message that may yet be taken back does not stand for the disclosure") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("disclosure", "t.disclosure", {{"text", "A machine."}, {"author", Strings{"bot"}}})
        .add("phrases", "t.asked", {{"words", Strings{"promise"}}, {"action", "approve"}, {"author", Strings{"bot"}}});
  }));
  exchange(stage, "m:1", "hello", R"({"effect":"reply","text":"a promise"})");
  CHECK(stage.records("policy.hold").size() == 1);
  exchange(stage, "m:2", "and?");
  CHECK(stage.order("outbox.withdraw", about_first_part(stage)));
  CHECK(sent_text(stage).find("A machine.") != std::string::npos);
}

TEST_CASE("the status says from which day on a pack is to be looked at again") {
  Stage stage(with_rules([](auto& data) { data.shelf_life_ends = 1'800'000'000 * kSecond; }));
  CHECK(stage.core->accounts_json().find(R"("policy_review_by":"2027-01-15")") != std::string::npos);
}

TEST_CASE("a cap holds for one person on two platforms, whose packs have it under names of their own") {
  auto settings = with_rules(promotions);
  AccountSettings other = settings->accounts[0];
  other.name = "beta", other.platform = "elsewhere", other.key = 2;
  policy::PackData data = other.pack->data();
  for (policy::Rule& rule : data.rules)
    if (rule.kind == "promotion") rule.id = "u.offers";
  other.pack = std::make_shared<const policy::Pack>(std::move(data));
  settings->accounts.push_back(other);
  Stage stage(settings);
  const auto offer_at_beta = [&](const std::string& key) {
    Arrived arrived;
    arrived.webhook = 1, arrived.section = "test", arrived.account = "beta";
    arrived.events.push_back(Stage::event(key, {{"thread", "u1"}, {"sent_at", rfc3339(stage.now.wall)}}));
    stage.put(std::move(arrived));
    stage.answer({kOffer});
    if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
  };
  offer(stage, "m:0", "t0");
  offer(stage, "m:1", "t1");
  offer_at_beta("m:2");
  CHECK(stage.records("policy.hold").empty());
  CHECK(stage.order("contact.link", linking(stage)));
  stage.start();
  offer_at_beta("m:3");
  REQUIRE(stage.records("policy.hold").size() == 1);
  CHECK(stage.records("policy.hold")[0].decision.starts_with("hold/u.offers"));
}
