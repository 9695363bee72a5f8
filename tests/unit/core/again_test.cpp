// SPDX-License-Identifier: Apache-2.0
// What was let pass and has waited since is asked again when its turn comes, and its author hears of it if it may then
// not leave; a cap counts what people get.
#include "catch.hpp"
#include "ruled.hpp"

using namespace postern;
using namespace postern::core;

namespace {

void promotions(policy::PackData& data) {
  data.add("promotion", "t.promotion", {{"count", 1}, {"per", 7 * kDay}, {"purposes", Strings{"marketing"}}});
}
void sameness(policy::PackData& data) {
  data.add(
      "sameness", "t.same",
      {{"count", 1}, {"per", kHour}, {"least", 5}, {"author", Strings{"bot"}}, {"otherwise", std::string("deny")}});
}

/// Somebody writes and gets the handler's answer, of which the platform has said nothing yet.
void ask(Stage& stage, const std::string& thread, const std::string& effect, const std::string& key = "m") {
  stage.receive(key + thread, {{"thread", thread}, {"sender", thread}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({effect});
}
void talk(Stage& stage, const std::string& thread, const std::string& effect, const std::string& key = "m") {
  ask(stage, thread, effect, key);
  if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
}

const std::string kSame = R"({"effect":"reply","text":"very good news"})";
const std::string kOffer = R"({"effect":"reply","text":"an offer","purpose":"marketing"})";
const std::string kLongOffer =
    R"({"effect":"reply","text":"an offer that is too long for one part","purpose":"marketing"})";

Command resume() {
  Command command;
  command.account = "acme";
  return command;
}

}  // namespace

TEST_CASE("texts that were let pass while nothing could leave are compared when they do") {
  auto settings = with_rules(sameness);
  settings->routes[0].kinds = ~std::uint64_t{0};
  Stage stage(settings);
  talk(stage, "t0", R"({"effect":"reply","text":"something else"})");
  ask(stage, "t0", R"({"effect":"reply","text":"and yet another"})", "n");
  stage.tell(Attempted::Outcome::pause, "auth");
  for (const std::string thread : {"t1", "t2", "t3"}) ask(stage, thread, kSame);
  CHECK(stage.records("policy.refuse").empty());
  SECTION("by this process") {}
  SECTION("by the next one") {
    stage.start();
  }
  CHECK(stage.order("account.resume", resume()));
  const auto refused = stage.records("policy.refuse");
  REQUIRE(refused.size() == 2);
  for (const Record& each : refused) CHECK(each.decision.starts_with("deny/t.same"));
  SECTION("and their author hears of it, with what was said and when it may be said again") {
    REQUIRE(stage.all<Handle>().size() == 2);
    const std::string told = *stage.all<Handle>()[0].event;
    CHECK(told.find(R"("kind":"failed")") != std::string::npos);
    CHECK(told.find(R"("refusal":{"rule":"t.same")") != std::string::npos);
    CHECK(told.find("\"changes_at\":\"" + rfc3339(stage.now.wall + kHour)) != std::string::npos);
    CHECK(told.find("very good news") != std::string::npos);
    SECTION("of what they say to that they hear no more, though it waits first") {
      stage.answer({R"({"effect":"reply","text":"something else"})"});
    }
  }
}

TEST_CASE("what is said to the news of a refusal, and refused later, makes no further news") {
  auto settings = with_rules([](policy::PackData& data) {
    data.add("sameness", "t.same",
             {{"count", 1},
              {"per", kHour},
              {"least", 5},
              {"author", Strings{"bot", "human"}},
              {"otherwise", std::string("deny")}})
        .add("undo", "t.undo", {{"author", Strings{"bot"}}, {"delay", kMinute}});
  });
  settings->routes[0].kinds = ~std::uint64_t{0};
  Stage stage(settings);
  for (const std::string thread : {"t1", "t2"}) ask(stage, thread, kSame);
  stage.wait(kMinute);
  REQUIRE(stage.records("policy.refuse").size() == 1);
  REQUIRE(stage.all<Handle>().size() == 1);
  SECTION("at once") {
    stage.answer({kSame});
  }
  SECTION("or after it has waited, over a start") {
    stage.answer({R"({"effect":"reply","text":"other news then"})"});
    CHECK(stage.records("policy.refuse").size() == 1);
    stage.start();
    Command reply;
    reply.conversation = stage.conversation();
    reply.text = "other news then";
    CHECK(stage.order("reply", reply));  // a person is faster
    stage.wait(kMinute);
  }
  CHECK(stage.records("policy.refuse").size() == 2);
  CHECK(stage.all<Handle>().empty());
}

TEST_CASE("an offer in two parts, and one that is tried again, is one to a cap") {
  Stage stage(with_rules(promotions));
  talk(stage, "t0", R"({"effect":"reply","text":"welcome"})");
  SECTION("two parts") {
    ask(stage, "t0", kLongOffer, "n");
    stage.tell(Attempted::Outcome::sent);
    CHECK(stage.all<Attempt>().size() == 1);
    stage.tell(Attempted::Outcome::sent);
  }
  SECTION("two tries") {
    ask(stage, "t0", kOffer, "n");
    stage.tell(Attempted::Outcome::retry, "transient");
    stage.wait(kMinute);
    CHECK(stage.all<Attempt>().size() == 1);
    stage.tell(Attempted::Outcome::sent);
  }
  SECTION("two tries, with a start between them") {
    ask(stage, "t0", kOffer, "n");
    stage.tell(Attempted::Outcome::retry, "transient");
    stage.start();
    stage.wait(kMinute);
    CHECK(stage.all<Attempt>().size() == 1);
    stage.tell(Attempted::Outcome::sent);
  }
  CHECK(stage.records("policy.hold").empty());
  const auto before = stage.core->rates().counted(stage.now.wall);
  REQUIRE(before.size() == 1);
  CHECK(before.begin()->second.size() == 1);
  stage.start();
  CHECK(stage.core->rates().counted(stage.now.wall) == before);
  talk(stage, "t0", kOffer, "o");
  CHECK(stage.records("policy.hold").size() == 1);
}

TEST_CASE("offers of an account without a cap add to that of the person's other accounts") {
  auto settings = with_rules([](policy::PackData& data) {
    data.add("promotion", "t.promotion", {{"count", 2}, {"per", 7 * kDay}, {"purposes", Strings{"marketing"}}});
  });
  AccountSettings other = one_account()->accounts[0];
  other.name = "beta", other.platform = "elsewhere", other.key = 2;
  settings->accounts.push_back(other);
  Stage stage(settings);
  const auto at_beta = [&](const std::string& key) {
    Arrived arrived;
    arrived.webhook = 1, arrived.section = "test", arrived.account = "beta";
    arrived.events.push_back(Stage::event(key, {{"thread", "u1"}, {"sent_at", rfc3339(stage.now.wall)}}));
    stage.put(std::move(arrived));
    stage.answer({kOffer});
    stage.tell(Attempted::Outcome::sent);
  };
  talk(stage, "t0", R"({"effect":"reply","text":"welcome"})");
  talk(stage, "t1", R"({"effect":"reply","text":"welcome"})");
  at_beta("b1"), at_beta("b2"), at_beta("b3");  // as often as they like there
  Command link;
  auto at = stage.disk.conversations().rbegin();
  link.conversation = at->second.id.hex();
  link.other = (++at)->second.id.hex();
  CHECK(stage.order("contact.link", link));
  SECTION("at once") {}
  SECTION("after a restart") {
    stage.start();
  }
  talk(stage, "t1", kOffer, "n");
  REQUIRE(stage.records("policy.hold").size() == 1);
  CHECK(stage.records("policy.hold")[0].decision.starts_with("hold/t.promotion"));
}

TEST_CASE("what a contact has asked for meanwhile holds for what waits") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("boundaries", "t.boundaries", {{"do_not_contact", "do_not_contact"}, {"topics", "no_topics"}})
        .add("undo", "t.undo", {{"author", Strings{"bot"}}, {"delay", kMinute}});
  }));
  ask(stage, "t1", R"({"effect":"reply","text":"about golf"})");
  stage.receive("m:2", {{"thread", "t1"}, {"sender", "t1"}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({R"({"effect":"set","scope":"contact","name":"no_topics","value":"golf"})"});
  stage.wait(kMinute);
  CHECK(stage.all<Attempt>().empty());
  REQUIRE(stage.records("policy.refuse").size() == 1);
  CHECK(stage.records("policy.refuse")[0].decision.starts_with("deny/t.boundaries"));
}

TEST_CASE("who has complained: explain and the refusal say until when no promotion is sent") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("window", "t.campaign", {{"author", Strings{"campaign"}}, {"length", 24 * kHour}})
        .add("promotion", "t.promotion",
             {{"count", 9}, {"per", kDay}, {"purposes", Strings{"marketing"}}, {"after_complaint", 2 * kHour}});
  }));
  talk(stage, "t1", R"({"effect":"reply","text":"welcome"})");
  ask(stage, "t1",
      R"({"effect":"set","scope":"contact","name":"complained_at","value":")" + rfc3339(stage.now.wall) + "\"}", "n");
  const std::string over = "\"changes_at\":\"" + rfc3339(stage.now.wall + 2 * kHour);
  Command explain;
  explain.conversation = stage.conversation();
  explain.text = "campaign";
  CHECK(stage.order("policy.explain", explain));
  CHECK(stage.all<Reply>()[0].json.find(R"("outcome":"deny","rule":"t.promotion")") != std::string::npos);
  CHECK(stage.all<Reply>()[0].json.find(over) != std::string::npos);
  ask(stage, "t1", kOffer, "o");
  REQUIRE(stage.records("policy.refuse").size() == 1);
  CHECK(stage.records("policy.refuse")[0].body->find(over) != std::string::npos);
}
