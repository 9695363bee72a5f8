// SPDX-License-Identifier: Apache-2.0
// Whom we may write to, in the running core: who likes us, who has asked, who has had enough.
#include "catch.hpp"
#include "ruled.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("who likes the account may be written to first, and no longer when they do not") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("first_contact", "t.like", {{"author", Strings{"human"}}, {"by", Strings{"like"}}});
  }));
  const auto like = [](const std::string& key) {
    Event event = Stage::event(key, {{"kind", "like"}});
    event.user_action = false;
    return event;
  };
  Command reply;
  reply.text = "welcome";
  SECTION("a like") {
    stage.receive(like("l:1"));
    CHECK(stage.records("msg.other").size() == 1);
    stage.start();
    reply.conversation = stage.conversation();
    CHECK(stage.order("reply", reply));
    CHECK(stage.records("msg.out.intent")[0].decision.starts_with("allow/t.like"));
  }
  SECTION("taken back") {
    stage.receive(like("l:1"));
    Event undone = like("l:2");
    undone.undone = true;
    stage.receive(std::move(undone));
    reply.conversation = stage.conversation();
    CHECK_FALSE(stage.order("reply", reply));
  }
}

TEST_CASE("a message among the requests is accepted by a person's answer, and by no machine's") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("request", "t.request", {{"author", Strings{"human"}}, {"most", 1}});
  }));
  const std::string hi = R"({"effect":"reply","text":"hi"})";
  stage.receive("r1", {{"kind", "request"}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({hi});
  REQUIRE(stage.records("policy.refuse").size() == 1);
  CHECK(stage.records("policy.refuse")[0].decision.starts_with("deny/t.request"));
  stage.start();
  Command reply;
  reply.conversation = stage.conversation();
  reply.text = "welcome";
  CHECK(stage.order("reply", reply));
  stage.tell(Attempted::Outcome::sent);
  stage.receive("m2", {{"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({hi});
  CHECK(stage.records("policy.refuse").size() == 1);
}

TEST_CASE("who opts out at the platform is left alone as after a STOP, until they opt in") {
  Stage stage(with_rules([](policy::PackData& data) {
    data.add("stop", "t.stop", {{"author", Strings{"bot", "campaign"}}});
  }));
  const std::string hi = R"({"effect":"reply","text":"hi"})";
  const auto come = [&](const std::string& key, const std::string& kind) {
    stage.receive(key, {{"kind", kind}, {"sent_at", rfc3339(stage.now.wall)}});
    stage.answer({hi});
  };
  come("m1", "message");
  stage.tell(Attempted::Outcome::sent);
  stage.receive("o1", {{"kind", "optout"}, {"sent_at", rfc3339(stage.now.wall)}});
  CHECK(stage.records("consent.revoked").size() == 1);
  stage.start();
  come("m2", "message");
  REQUIRE(stage.records("policy.refuse").size() == 1);
  CHECK(stage.records("policy.refuse")[0].decision.starts_with("deny/t.stop"));
  stage.receive("o2", {{"kind", "optin"}, {"sent_at", rfc3339(stage.now.wall)}});
  CHECK(stage.records("consent.granted").size() == 1);
  come("m3", "message");
  CHECK(stage.records("policy.refuse").size() == 1);
}
