// SPDX-License-Identifier: Apache-2.0
// Replay over the records of a core that has really run: under the pack that was in force it finds nothing, under
// another one exactly what that says otherwise.
#include "core/replay.hpp"

#include <functional>

#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

using Strings = std::vector<std::string>;
using Change = std::function<void(policy::PackData&)>;

std::shared_ptr<const policy::Pack> changed(const policy::Pack& pack, const Change& change) {
  policy::PackData data = pack.data();
  change(data);
  return std::make_shared<const policy::Pack>(std::move(data));
}

std::shared_ptr<Settings> with(const Change& change) {
  auto settings = one_account();
  settings->accounts[0].pack = changed(*settings->accounts[0].pack, change);
  return settings;
}

void talk(Stage& stage, const std::string& key, const std::string& effect = R"({"effect":"reply","text":"hi"})",
          const std::string& thread = "t1", const std::string& text = "hello") {
  stage.receive(key,
                {{"thread", thread}, {"sender", "p-" + thread}, {"text", text}, {"sent_at", rfc3339(stage.now.wall)}});
  stage.answer({effect});
  if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
}

Replay::Report replayed(const Stage& stage, std::shared_ptr<const policy::Pack> pack, Micros since = 0,
                        bool erased = false) {
  Replay::Plan plan;
  plan.pack = std::move(pack);
  plan.key = policy::fingerprint_key(crypto::Key{7});
  plan.since = since;
  Replay replay(std::move(plan));
  for (const Record& record : stage.disk.records()) {
    const Text body = erased ? nullptr : record.body;
    const Id with = record.extra.empty() ? Id{} : Id::from_hex(record.extra[0].second).value_or(Id{});
    replay.take({record.index, record.wall, record.type, record.outcome, record.account, record.decision,
                 record.retention, record.contact, record.conversation, record.message, with, record.cause,
                 record.count, record.body != nullptr, body});
  }
  return replay.report();
}

std::string kinds(const Replay::Report& report) {
  std::string out;
  for (const auto& [kind, count] : report.kinds)
    out += std::string(policy::name(kind.was.outcome)) + "/" + std::string(kind.was.rule) + " " +
           std::string(policy::name(kind.would_be.outcome)) + "/" + std::string(kind.would_be.rule) +
           (kind.form ? " form " : " ") + std::to_string(count) + "\n";
  return out;
}

void drop(policy::PackData& data, std::string_view id) {
  std::erase_if(data.rules, [&](const policy::Rule& rule) { return rule.id == id; });
}

/// Answers in time and too late, one in two parts, one refused, one that waits for its rate, a STOP, an agent.
void busy_week(Stage& stage) {
  talk(stage, "m:1");
  talk(stage, "m:2", R"({"effect":"reply","text":"this text is too long for one"})");
  stage.tell(Attempted::Outcome::sent);  // its second part
  stage.receive("m:3", {{"sent_at", rfc3339(stage.now.wall)}});
  stage.wait(30 * kHour);
  stage.answer({R"({"effect":"reply","text":"too late"})"});
  Command reply;
  reply.conversation = stage.conversation();
  reply.text = "sorry, late";
  CHECK(stage.order("reply", reply));
  stage.tell(Attempted::Outcome::sent);
  for (int i = 0; i < 5; ++i) talk(stage, "m:r" + std::to_string(i), R"({"effect":"reply","text":"again"})", "t2");
  for (int i = 0; i < 3; ++i) {
    stage.wait(kMinute);
    if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
  }
  talk(stage, "m:s", R"({"effect":"reply","text":"we will miss you"})", "t3", "STOP");
  talk(stage, "m:f", R"({"effect":"reply","text":"fails at first"})", "t4");
}

void rates(policy::PackData& data, std::int64_t count) {
  data.add("rate", "t.rate", {{"count", count}, {"per", kMinute}, {"scope", std::string("contact")}});
}
void busy_rules(policy::PackData& data) {
  rates(data, 3);
  data.add("stop", "t.stop", {{"author", Strings{"bot", "campaign"}}});
}

}  // namespace

TEST_CASE("under the pack that was in force nothing differs") {
  Stage stage(with(busy_rules));
  busy_week(stage);
  const auto report = replayed(stage, stage.settings->accounts[0].pack);
  CHECK(kinds(report) == "");
  CHECK(report.decisions > 10);
  CHECK(report.unreadable == 0);
  // It is not that nothing had been refused, held or split.
  CHECK(stage.records("policy.refuse").size() == 2);
  CHECK_FALSE(stage.records("policy.hold").empty());
  CHECK(stage.records("policy.allow").size() > 2);
}

TEST_CASE("under another pack exactly that differs which it says otherwise") {
  Stage stage(with(busy_rules));
  busy_week(stage);
  const auto& pack = *stage.settings->accounts[0].pack;
  // Bots may answer for two days.
  const auto wider = replayed(stage, changed(pack, [](auto& data) {
                                drop(data, "t.window");
                                data.add("window", "t.window", {{"author", Strings{"bot"}}, {"length", 48 * kHour}});
                              }));
  CHECK(kinds(wider) == "deny/t.window allow/t.window 1\n");
  REQUIRE(wider.differences.size() == 1);
  CHECK(wider.differences[0].conversation.hex() == stage.conversation());
  CHECK(wider.differences[0].author == policy::Author::bot);
  CHECK(wider.differences[0].record == stage.records("policy.refuse")[0].index);
  // Nobody minds a STOP.
  CHECK(kinds(replayed(stage, changed(pack, [](auto& data) { drop(data, "t.stop"); }))) ==
        "deny/t.stop allow/t.window 1\n");
  // Longer texts go out whole: the same decision, another form.
  CHECK(kinds(replayed(stage, changed(pack, [](auto& data) {
                         drop(data, "t.text");
                         data.add("text", "t.text", {{"max", 200}, {"split", 1}});
                       }))) == "transform/t.text allow/t.window form 1\n");
  // No tag for people who are late.
  CHECK(kinds(replayed(stage, changed(pack, [](auto& data) { drop(data, "t.human"); }))).starts_with("allow/t.human"));
}

TEST_CASE("a rate counts what the other pack would have let through") {
  Stage stage;
  for (int i = 0; i < 6; ++i) talk(stage, "m:" + std::to_string(i));
  const auto pack = changed(*stage.settings->accounts[0].pack, [](auto& data) { rates(data, 4); });
  CHECK(kinds(replayed(stage, pack)) == "allow/t.window hold/t.rate 2\n");
}

TEST_CASE("texts are judged as they were asked for, and what was never in force is found") {
  Stage stage(with([](auto& data) {
    data.add(
        "sameness", "t.same",
        {{"count", 2}, {"per", kHour}, {"least", 5}, {"author", Strings{"bot"}}, {"otherwise", std::string("deny")}});
  }));
  for (int i = 0; i < 4; ++i)
    talk(stage, "m:" + std::to_string(i), R"({"effect":"reply","text":"very good news"})", "t" + std::to_string(i));
  const auto& pack = *stage.settings->accounts[0].pack;
  CHECK(stage.records("policy.refuse").size() == 2);
  CHECK(kinds(replayed(stage, stage.settings->accounts[0].pack)) == "");
  CHECK(kinds(replayed(stage, changed(pack, [](auto& data) { drop(data, "t.same"); }))) ==
        "deny/t.same allow/t.window 2\n");
  const auto words = changed(pack, [](auto& data) {
    data.add("phrases", "t.words",
             {{"words", Strings{"good news"}}, {"action", std::string("forbid")}, {"author", Strings{"bot"}}});
  });
  CHECK(kinds(replayed(stage, words)) == "allow/t.window deny/t.words 2\n");
}

TEST_CASE("only what lies within the time is judged, with all that came before") {
  Stage stage;
  talk(stage, "m:1");
  stage.receive("m:2", {{"sent_at", rfc3339(stage.now.wall)}});
  stage.wait(23 * kHour);
  const Micros since = stage.now.wall;
  stage.wait(kHour / 2);
  stage.answer({R"({"effect":"reply","text":"in time"})"});
  const auto report = replayed(stage, stage.settings->accounts[0].pack, since);
  CHECK(report.decisions == 1);
  CHECK(report.differ == 0);
}

TEST_CASE("what was erased is not judged, and said to be so") {
  Stage stage;
  talk(stage, "m:1");
  talk(stage, "m:2");
  const auto report = replayed(stage, stage.settings->accounts[0].pack, 0, true);
  CHECK(report.decisions == 0);
  CHECK(report.unreadable == 2);
}

TEST_CASE("replay counts linked contacts as one person") {
  Stage stage;
  const std::string offer = R"({"effect":"reply","text":"an offer","purpose":"marketing"})";
  talk(stage, "m:1", offer, "t1");
  talk(stage, "m:2", offer, "t2");
  Command command;
  auto at = stage.disk.conversations().begin();
  command.conversation = at->second.id.hex();
  command.other = (++at)->second.id.hex();
  REQUIRE(stage.order("contact.link", command));
  talk(stage, "m:3", offer, "t2");
  const auto capped = changed(*stage.settings->accounts[0].pack, [](auto& data) {
    data.add("promotion", "t.promotion", {{"count", 2}, {"per", 7 * kDay}, {"purposes", Strings{"marketing"}}});
  });
  CHECK(kinds(replayed(stage, capped)) == "allow/t.window hold/t.promotion 1\n");
}

TEST_CASE("what a person has yet to decide on lets others pass, and replay knows from when on") {
  auto settings = with(busy_rules);
  settings->accounts[0].settles = Settles::nothing;
  settings->accounts[0].pack = changed(*settings->accounts[0].pack, [](auto& data) {
    data.add("rate", "t.account", {{"count", 2}, {"per", 10 * kSecond}, {"scope", std::string("account")}});
  });
  Stage stage(settings);
  const auto ask = [&](const std::string& key, const std::string& thread) {
    stage.receive(key, {{"thread", thread}, {"sender", "p-" + thread}, {"sent_at", rfc3339(stage.now.wall)}});
    stage.answer({R"({"effect":"reply","text":"hi"})"});
    return !stage.all<Attempt>().empty();
  };
  const auto resolve = [&](const std::string& as) {
    Command command;
    command.index = stage.disk.outbox().begin()->first;
    command.text = as;
    CHECK(stage.order("outbox.resolve", command));
  };
  CHECK(ask("m:1", "t1"));
  stage.tell(Attempted::Outcome::unclear);
  CHECK(stage.records("msg.out.parked").size() == 1);
  CHECK(ask("m:2", "t1"));  // past it, and on its way when the account's rate is asked for the next ones
  CHECK_FALSE(ask("m:3", "t2"));
  CHECK(stage.records("policy.hold").size() == 1);
  SECTION("it had arrived") {
    stage.tell(Attempted::Outcome::sent);
    resolve("sent");
  }
  SECTION("it is sent again") {
    stage.tell(Attempted::Outcome::sent);
    stage.wait(20 * kSecond);
    stage.tell(Attempted::Outcome::sent);
    resolve("resend");
    CHECK(stage.all<Attempt>().size() == 1);
    stage.tell(Attempted::Outcome::unclear);
    stage.wait(2 * kMinute);  // past the contact's rate as well
    CHECK(ask("m:4", "t1"));
  }
  SECTION("it is given up") {
    stage.tell(Attempted::Outcome::sent);
    resolve("drop");
  }
  for (int i = 0; i < 3; ++i) {
    stage.wait(20 * kSecond);
    if (!stage.all<Attempt>().empty()) stage.tell(Attempted::Outcome::sent);
    ask("m:9" + std::to_string(i), "t1");
  }
  const auto report = replayed(stage, stage.settings->accounts[0].pack);
  CHECK(kinds(report) == "");
  CHECK(report.decisions > 6);
  CHECK(report.unreadable == 0);
}
