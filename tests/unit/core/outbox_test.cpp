// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;
using Outcome = Attempted::Outcome;

namespace {

const std::string kSaid = "hi", kReply = R"({"effect":"reply","text":"hi"})";

std::shared_ptr<Settings> settling(Settles settles, bool resend = false) {
  auto settings = one_account();
  settings->accounts[0].settles = settles;
  settings->accounts[0].resend_unknown = resend;
  return settings;
}

// A message is answered in a thread of its own; returns the id of the part that has left.
std::string speak(Stage& stage, const std::string& name) {
  stage.receive("m:" + name, {{"thread", name}, {"sender", name}});
  stage.answer({kReply});
  const auto attempts = stage.all<Attempt>();
  REQUIRE(attempts.size() == 1);
  const auto at = attempts[0].task.find("\"task\":\"") + 8;
  return attempts[0].task.substr(at, 32);
}

void echo(Stage& stage, const std::string& name, const std::string& part) {
  stage.receive("e:" + name, {{"kind", "echo"}, {"thread", name}, {"part", part}, {"platform_id", "mid"}});
}

}  // namespace

TEST_CASE("a retry is judged again, no sooner than the platform wants") {
  Stage stage;
  speak(stage, "a");
  stage.put(Attempted{Outcome::retry, stage.disk.outbox().begin()->first, 1, "rate", {}, {}, {}, {}, 30 * kSecond});
  CHECK(stage.records("msg.out.failed").at(0).outcome == "deferred");
  stage.wait(29 * kSecond);
  CHECK(stage.all<Attempt>().empty());
  stage.wait(2 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
  CHECK(stage.records("policy.allow").size() == 1);
}

TEST_CASE("retries end after a day, and the turn waits again") {
  Stage stage;
  speak(stage, "a");
  for (int hours = 0; hours < 30 && !stage.disk.outbox().empty(); ++hours) {
    stage.tell(Outcome::retry, "transient");
    stage.wait(kHour);
  }
  CHECK(stage.disk.outbox().empty());
  stage.wait(2 * kMinute);
  REQUIRE(stage.disk.turns().size() == 1);
  CHECK(stage.disk.turns().begin()->second.ending == "escalated");
}

TEST_CASE("an answer to an older attempt is ignored") {
  Stage stage;
  speak(stage, "a");
  const auto part = stage.disk.outbox().begin()->first;
  stage.tell(Outcome::retry, "transient");
  stage.wait(kMinute);
  stage.put(Attempted{Outcome::sent, part, 1, {}, {}, {}, {}, {}, 0});
  CHECK(stage.records("msg.out.sent").empty());
  stage.put(Attempted{Outcome::sent, part, 2, {}, {}, {}, {}, {}, 0});
  CHECK(stage.records("msg.out.sent").size() == 1);
}

TEST_CASE("a failure ends the part, and its turn waits again") {
  Stage stage;
  speak(stage, "a");
  stage.tell(Outcome::failed, "win dow\"");
  CHECK(stage.records("msg.out.failed").at(0).decision == "win-dow-");
  CHECK(stage.core->figures().turns_waiting == 1);
}

TEST_CASE("where the platform tells nothing, what is unclear is parked for a person and lets others pass") {
  Stage stage(settling(Settles::nothing));
  speak(stage, "a");
  stage.tell(Outcome::unclear);
  CHECK(stage.all<Alarm>().at(0).id == "part.parked");
  CHECK(stage.core->figures().parts_parked == 1);
  CHECK(stage.core->figures().turns_waiting == 1);
  stage.receive("m:2", {{"thread", "a"}, {"sender", "a"}});
  stage.answer({kReply});
  CHECK(stage.all<Attempt>().size() == 1);
}

TEST_CASE("where the account wants it, what is unclear is sent again, after a while") {
  Stage stage(settling(Settles::nothing, true));
  speak(stage, "a");
  stage.tell(Outcome::unclear);
  CHECK(stage.all<Attempt>().empty());
  stage.wait(2 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
}

TEST_CASE("an echo settles what is unclear, and what came before its answer") {
  Stage stage(settling(Settles::echo));
  const auto part = speak(stage, "a");
  SECTION("after an unclear end") {
    stage.tell(Outcome::unclear);
    echo(stage, "a", part);
    CHECK(stage.records("msg.out.reconciled").size() == 1);
  }
  SECTION("before the answer, which a crash then takes away") {
    echo(stage, "a", part);
    stage.start();
    CHECK(stage.records("msg.out.unknown").empty());
  }
  CHECK(stage.disk.outbox().empty());
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
}

TEST_CASE("an echo that does not bring the part back is known by what it says, and later by its id") {
  Stage stage(settling(Settles::echo));
  speak(stage, "a");
  const auto come = [&](const std::string& key, const std::string& id, const std::string& text) {
    stage.receive(key, {{"kind", "echo"}, {"thread", "a"}, {"direction", "out"}, {"platform_id", id}, {"text", text}});
  };
  SECTION("while it is unclear") {
    stage.tell(Outcome::unclear);
    come("e1", "m1", "something that another application says");
    CHECK(stage.records("msg.out.reconciled").empty());
    CHECK(stage.records("msg.echo").size() == 1);
    come("e2", "m2", kSaid);
    CHECK(stage.records("msg.out.reconciled").size() == 1);
    come("e3", "m3", kSaid);
    CHECK(stage.records("msg.echo").size() == 2);  // nothing of ours is open: somebody else said the same
  }
  SECTION("before its answer") {
    come("e1", "m1", kSaid);
    CHECK(stage.records("msg.out.sent").size() == 1);
    stage.tell(Outcome::sent);
    CHECK(stage.records("msg.out.sent").size() == 1);
  }
  SECTION("after its answer") {
    stage.tell(Outcome::sent);  // as "mid"
    come("e1", "mid", kSaid);
    CHECK(stage.records("msg.out.sent").size() == 1);
  }
  SECTION("as a comment, by its id alone") {
    stage.tell(Outcome::sent);
    stage.receive("c1", {{"kind", "comment"}, {"thread", "c"}, {"sender", "us"}, {"platform_id", "mid"}});
    stage.receive("c2", {{"kind", "comment"}, {"thread", "c"}, {"sender", "us"}, {"platform_id", "m2"}});
    CHECK(stage.records("msg.in").size() == 2);  // the message to us, and the second comment
  }
  CHECK(stage.disk.outbox().empty());
}

TEST_CASE("what we write in public comes back in a conversation of our own") {
  Stage stage(settling(Settles::echo));
  stage.receive("c:1", {{"kind", "comment"}, {"visibility", "public"}, {"thread", "p:a"}, {"platform_id", "c1"}});
  stage.answer({R"({"effect":"comment_reply","text":"hi"})"});
  stage.receive("c:2", {{"kind", "echo"},
                        {"visibility", "public"},
                        {"thread", "p:us"},
                        {"sender", "us"},
                        {"platform_id", "c2"},
                        {"text", kSaid}});
  CHECK(stage.records("msg.out.sent").size() == 1);
  CHECK(stage.records("msg.echo").empty());
  CHECK(stage.disk.outbox().empty());
}

TEST_CASE("no echo while later ones came means: not arrived; but not before the time to settle is over") {
  Stage stage(settling(Settles::echo));
  speak(stage, "a");
  stage.tell(Outcome::unclear);
  SECTION("later ones came") {
    const auto later = speak(stage, "b");
    echo(stage, "b", later);
    CHECK(stage.all<Attempt>().empty());
    stage.now.wall += kHour;  // a clock that is set settles nothing
    stage.put(Tick{});
    CHECK(stage.all<Attempt>().empty());
    stage.wait(61 * kSecond);
    CHECK(stage.all<Attempt>().size() == 1);
  }
  SECTION("none came") {
    stage.wait(2 * kMinute);
    CHECK(stage.core->figures().parts_unknown == 1);
    stage.wait(10 * kMinute);
    CHECK(stage.core->figures().parts_parked == 1);
  }
}

TEST_CASE("the time to settle begins anew at a start") {
  Stage stage(settling(Settles::echo));
  speak(stage, "a");
  stage.tell(Outcome::unclear);
  stage.now.wall += kHour;
  stage.now.boot += kHour;
  stage.start();
  echo(stage, "b", speak(stage, "b"));
  CHECK(stage.all<Attempt>().empty());
  stage.wait(61 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
}

TEST_CASE("a private reply is never sent again") {
  Stage stage(settling(Settles::nothing, true));
  stage.receive("c:1", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({R"({"effect":"private_reply","text":"hi"})"});
  stage.tell(Outcome::unclear);
  CHECK(stage.core->figures().parts_parked == 1);
}

TEST_CASE("typing that went wrong is forgotten") {
  Stage stage;
  stage.receive("m:1");
  stage.answer({R"({"effect":"typing"})"});
  stage.tell(Outcome::unclear);
  CHECK(stage.disk.outbox().empty());
}

TEST_CASE("a paused account's outbox waits, also over a start, until somebody resumes it") {
  Stage stage;
  speak(stage, "a");
  stage.tell(Outcome::pause, "auth");
  CHECK(stage.all<Alarm>().at(0).id == "account.paused");
  stage.receive("m:b", {{"thread", "b"}, {"sender", "b"}});
  stage.answer({kReply});
  CHECK(stage.all<Attempt>().empty());
  stage.start();
  stage.wait(kMinute);
  CHECK(stage.all<Attempt>().empty());
  Command resume;
  resume.account = "acme";
  CHECK(stage.order("account.resume", resume));
  CHECK(stage.all<Attempt>().size() == 2);
}

TEST_CASE("of many that one rate holds, one leaves when there is room, and the others say nothing new") {
  auto settings = one_account();
  auto data = settings->accounts[0].pack->data();
  data.add("rate", "t.rate", {{"count", 1}, {"per", kMinute}});
  settings->accounts[0].pack = std::make_shared<const policy::Pack>(data);
  Stage stage(settings);
  speak(stage, "a");
  stage.tell(Outcome::sent);
  for (const std::string name : {"b", "c", "d"}) {
    stage.receive("m:" + name, {{"thread", name}, {"sender", name}});
    stage.answer({kReply});
  }
  CHECK(stage.records("policy.hold").size() == 3);
  for (int i = 0; i < 3; ++i) {
    stage.wait(kMinute + kSecond);
    REQUIRE(stage.all<Attempt>().size() == 1);
    stage.tell(Outcome::sent);
  }
  CHECK(stage.records("policy.hold").size() == 3);
}

TEST_CASE("rate limits count on over a start, also what was on its way at the end") {
  auto settings = one_account();
  auto data = settings->accounts[0].pack->data();
  data.add("rate", "t.rate", {{"count", 3}, {"per", kHour}});
  settings->accounts[0].pack = std::make_shared<const policy::Pack>(data);
  Stage stage(settings);
  speak(stage, "a");
  stage.tell(Outcome::sent);
  stage.wait(10 * kMinute);
  speak(stage, "b");
  stage.tell(Outcome::failed, "invalid");
  speak(stage, "c");  // nobody tells what became of it
  stage.wait(10 * kMinute);
  stage.start();
  stage.receive("m:d", {{"thread", "d"}, {"sender", "d"}});
  stage.answer({kReply});
  CHECK(stage.all<Attempt>().empty());
  CHECK(stage.records("policy.hold").size() == 1);
  stage.wait(40 * kMinute + kSecond);  // an hour after the first
  CHECK(stage.all<Attempt>().size() == 1);
}

TEST_CASE("only what is counted for longer than the log's end tells has a row, and nothing is counted twice") {
  const auto settings = one_account();
  auto data = settings->accounts[0].pack->data();
  data.add("rate", "t.second", {{"count", 300}, {"per", kSecond}});
  data.add("rate", "t.comments", {{"count", 750}, {"per", kHour}, {"applies", "private_reply"}});
  settings->accounts[0].pack = std::make_shared<const policy::Pack>(data);
  Stage stage(settings);
  speak(stage, "a");
  CHECK(stage.disk.attempts().empty());
  stage.receive("c:1", {{"kind", "comment"}, {"visibility", "public"}, {"platform_id", "c1"}});
  stage.answer({R"({"effect":"private_reply","text":"hello"})"});
  REQUIRE(stage.disk.attempts().size() == 1);
  const PastAttempt& row = stage.disk.attempts().begin()->second;
  CHECK(row.effect == EffectKind::private_reply);
  CHECK(stage.disk.records()[static_cast<std::size_t>(row.index)].type == "msg.out.intent");
  const auto before = stage.core->rates().counted(stage.now.wall);
  CHECK(before.size() == 2);
  stage.start();
  CHECK(stage.core->rates().counted(stage.now.wall) == before);
}

TEST_CASE("a clock that is set back does not put off what waits for its next try") {
  Stage stage;
  speak(stage, "a");
  stage.tell(Outcome::retry, "transient");
  stage.now.wall -= kHour;
  stage.put(Tick{});
  CHECK(stage.records("clock.step").at(0).count == -kHour);
  stage.wait(2 * kSecond);
  CHECK(stage.all<Attempt>().size() == 1);
}

namespace {

// A receipt as WhatsApp's statuses become.
void status(Stage& stage, const std::string& name, const std::string& part, const std::string& type,
            const std::string& error_class = {}) {
  std::string text;
  JsonObject object(text);
  object.add("kind", "receipt").add("thread", name).add("key", type + ":" + name).add_if("part", part);
  object.add("platform_id", "mid").raw("receipt", "{\"type\":\"" + type + "\"}");
  if (!error_class.empty()) object.raw("failure", "{\"class\":\"" + error_class + "\",\"code\":\"131047\"}");
  object.end();
  stage.receive(parse_event(text).value());
}

}  // namespace

TEST_CASE("a status settles what is unclear, whichever comes first") {
  const std::string type = GENERATE("sent", "delivered", "read");
  Stage stage(settling(Settles::status));
  const auto part = speak(stage, "a");
  stage.tell(Outcome::unclear);
  status(stage, "a", part, type);
  CHECK(stage.records("msg.out.reconciled").size() == 1);
  CHECK(stage.disk.outbox().empty());
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
}

TEST_CASE("statuses of later sends prove nothing about an earlier one") {
  Stage stage(settling(Settles::status));
  speak(stage, "a");
  stage.tell(Outcome::unclear);
  const auto later = speak(stage, "b");
  status(stage, "b", later, "sent");
  stage.wait(2 * kMinute);
  CHECK(stage.all<Attempt>().empty());
  stage.wait(10 * kMinute);
  CHECK(stage.core->figures().parts_parked == 1);
}

TEST_CASE("what was accepted and not delivered has failed, and its turn waits again until its deadline") {
  Stage stage(settling(Settles::status));
  const auto part = speak(stage, "a");
  stage.tell(Outcome::sent);
  CHECK(stage.disk.turns().begin()->second.ending == "answered");
  status(stage, "a", part, "failed", "window");
  status(stage, "a", part, "failed", "window");  // sent to us again
  const auto failed = stage.records("msg.out.failed");
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].outcome == "failed");
  CHECK(failed[0].decision == "window:131047");
  CHECK(failed[0].cause == stage.records("msg.out.intent").at(0).index);
  CHECK(stage.core->figures().turns_waiting == 1);
  SECTION("also after a restart") {
    stage.start();
  }
  SECTION("in this process") {}
  CHECK(stage.core->figures().turns_waiting == 1);
  stage.wait(2 * kHour);
  CHECK(stage.disk.turns().begin()->second.ending == "escalated");
}

TEST_CASE("a failure that a status tells ends what is unclear as an answer would") {
  Stage stage(settling(Settles::status));
  const auto part = speak(stage, "a");
  stage.tell(Outcome::unclear);
  SECTION("for good") {
    status(stage, "a", part, "failed", "permission");
    CHECK(stage.disk.outbox().empty());
    CHECK(stage.core->figures().turns_waiting == 1);
  }
  SECTION("for now") {
    status(stage, "a", part, "failed", "rate");
    CHECK(stage.records("msg.out.failed").at(0).outcome == "deferred");
    stage.wait(3 * kSecond);
    CHECK(stage.all<Attempt>().size() == 1);
  }
  SECTION("for the whole account") {
    status(stage, "a", part, "failed", "configuration");
    CHECK(stage.records("account.paused").size() == 1);
    CHECK(stage.disk.outbox().size() == 1);
  }
}

TEST_CASE("a failure of what this process has not sent is on record all the same") {
  Stage stage(settling(Settles::status));
  const auto part = speak(stage, "a");
  stage.tell(Outcome::sent);
  stage.start();
  status(stage, "a", part, "failed", "window");
  CHECK(stage.records("msg.out.failed").size() == 1);
}
