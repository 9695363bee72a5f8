// SPDX-License-Identifier: Apache-2.0
// What is held, or has to be kept, does not go, whoever asks; what is past its time goes, and nothing else.
#include <random>

#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

Command command(const std::string& contact = {}) {
  Command made;
  made.contact = contact;
  return made;
}

/// The answer to a command.
std::string asked(Stage& stage, const std::string& method, Command made) {
  REQUIRE(stage.order(method, std::move(made)));
  return stage.all<Reply>().at(0).json;
}

std::string hold_of(const std::string& answer) {
  const auto at = answer.find("\"hold\":\"");
  return answer.substr(at + 8, 32);
}

std::shared_ptr<Settings> with_rule(Micros least, Micros most) {
  auto settings = one_account(0);  // nobody is asked: what a handler has in its hands is not taken from it
  settings->retention.push_back({"dm", "*", "*", least, most, "17a-4"});
  return settings;
}

bool has_body(const Stage& stage, std::int64_t index) {
  return stage.disk.records().at(static_cast<std::size_t>(index)).body != nullptr;
}

/// Twenty people with a conversation each, who have said three things.
struct People {
  explicit People(Stage& stage) {
    for (int who = 0; who < 20; ++who)
      for (int what = 0; what < 3; ++what) {
        const auto name = std::to_string(who);
        stage.receive("k" + name + "-" + std::to_string(what), {{"thread", "t" + name}, {"sender", "p" + name}});
      }
    for (const auto& [number, row] : stage.disk.conversations()) {
      contacts.push_back(row.contact.hex());
      conversations.push_back(row.id.hex());
    }
  }
  std::vector<std::string> contacts, conversations;
};

}  // namespace

TEST_CASE("none of a thousand attempts to erase or purge succeeds against a hold, and all are made good after it") {
  std::mt19937 dice(42);
  const auto any = [&](std::size_t most) { return std::uniform_int_distribution<std::size_t>(0, most - 1)(dice); };
  int attempts = 0;
  while (attempts < 1'000) {
    Stage stage(with_rule(0, 30 * kDay));
    stage.lots_left = 1'000'000;
    const People people(stage);
    stage.wait(29 * kDay);
    std::set<std::string> held;  // contacts
    std::vector<std::string> holds;
    for (std::size_t number = 1 + any(4); number > 0; --number) {
      Command place;
      const std::size_t who = any(people.contacts.size()), scope = any(10);
      if (scope == 0) {
        place.account = "acme";
        held.insert(people.contacts.begin(), people.contacts.end());
      } else if (scope == 1) {
        place.via = "all";
        held.insert(people.contacts.begin(), people.contacts.end());
      } else if (scope < 6) {
        place.contact = people.contacts[who];
        held.insert(people.contacts[who]);
      } else {
        place.conversation = people.conversations[who];
        held.insert(people.contacts[who]);
      }
      place.text = "a dispute";
      holds.push_back(hold_of(asked(stage, "hold.place", place)));
    }
    stage.wait(2 * kDay);  // all is past its time now
    const auto whole = [&](const std::string& contact) {
      std::size_t bodies = 0;
      for (const auto& record : stage.disk.records())
        bodies += record.contact.hex() == contact && record.type == "msg.in" && record.body ? 1 : 0;
      return bodies == 3;
    };
    std::set<std::string> erased;
    for (int tries = 0; tries < 40; ++tries, ++attempts) {
      if (any(4) == 0) {
        asked(stage, "retention.run", {});
      } else {
        const std::string contact = people.contacts[any(people.contacts.size())];
        const std::string answer = asked(stage, "contact.erase", command(contact));
        CHECK((answer.find("deferred") != std::string::npos) == held.contains(contact));
        erased.insert(contact);
      }
      for (const auto& contact : held) REQUIRE(whole(contact));
      if (any(8) == 0) stage.start();
    }
    for (const auto& hold : holds) {
      Command release;
      release.text = hold;
      asked(stage, "hold.release", release);
    }
    CHECK(stage.disk.holds().empty());
    CHECK(stage.disk.erasures().empty());  // those that were put off have run by themselves
    for (const auto& contact : erased) CHECK_FALSE(whole(contact));
    stage.wait(2 * kMinute);  // and so has retention
    for (const auto& contact : people.contacts) CHECK_FALSE(whole(contact));
  }
}

TEST_CASE("a hold that is released while another still covers the contact changes nothing") {
  Stage stage;
  const People people(stage);
  Command place;
  place.contact = people.contacts[0];
  const auto first = hold_of(asked(stage, "hold.place", place));
  place = {};
  place.account = "acme";
  const auto second = hold_of(asked(stage, "hold.place", place));
  CHECK(asked(stage, "contact.erase", command(people.contacts[0])).find("hold/" + first) != std::string::npos);
  Command release;
  release.text = first;
  asked(stage, "hold.release", release);
  CHECK(stage.disk.erasures().size() == 1);
  REQUIRE(stage.records("subject.erase.deferred").size() == 2);
  CHECK(stage.records("subject.erase.deferred")[1].decision == "hold/" + second);
  CHECK(asked(stage, "hold.list", {}).find(second) != std::string::npos);
  stage.start();
  CHECK(stage.records("subject.erase.deferred").size() == 2);  // nothing new
  CHECK_FALSE(stage.order("hold.release", release));           // it is not in force any more
  release.text = second;
  asked(stage, "hold.release", release);
  CHECK(stage.disk.erasures().empty());
}

TEST_CASE("what the law wants kept is kept, and erased by itself when its time has come") {
  Stage stage(with_rule(3 * kDay, 10 * kDay));
  stage.receive("k1");
  const auto index = stage.records("msg.in")[0].index;
  const auto contact = stage.disk.contacts().begin()->second.id.hex();
  const auto answer = asked(stage, "contact.erase", command(contact));
  CHECK(answer.find(R"("basis":"retention/dm/17a-4")") != std::string::npos);
  CHECK(answer.find("until") != std::string::npos);
  stage.wait(2 * kDay);
  CHECK(has_body(stage, index));
  stage.wait(kDay + kHour);
  CHECK_FALSE(has_body(stage, index));
  CHECK(stage.records("subject.erased").back().outcome == "ok");
}

TEST_CASE("what is past its time goes daily, in lots, with records that cover it and nothing else") {
  Stage stage(with_rule(0, 10 * kDay));
  const People people(stage);
  stage.wait(9 * kDay);
  for (int who = 0; who < 5; ++who)
    stage.receive("young" + std::to_string(who), {{"thread", "t" + std::to_string(who)}, {"sender", "p0"}});
  Command dry;
  dry.text = "dry";
  CHECK(asked(stage, "retention.run", dry).find(R"("bodies":0)") != std::string::npos);
  stage.wait(2 * kDay);
  std::size_t old_ones = 0, young = 0;
  for (const auto& record : stage.disk.records()) {
    if (record.type != "msg.in") continue;
    const bool is_young = record.wall + 10 * kDay > stage.now.wall;
    CHECK((record.body != nullptr) == is_young);
    ++(is_young ? young : old_ones);
  }
  CHECK(old_ones == 60);
  CHECK(young == 5);
  std::set<std::int64_t> covered;
  std::int64_t counted = 0;
  for (const auto& record : stage.records("retention.purged")) {
    CHECK(record.decision == "retention");
    CHECK(record.retention == "dm");
    for (auto index = record.range->first; index < record.range->second; ++index) covered.insert(index);
    counted += record.count.value_or(0);
  }
  CHECK(counted >= 60);
  for (const auto& record : stage.disk.records())
    if (record.type == "msg.in" && !record.body) CHECK(covered.contains(record.index));
}

TEST_CASE("what is taken back is shredded when no hold covers it any more") {
  Stage stage;
  stage.receive("k1", {{"platform_id", "mid.1"}});
  stage.answer({});
  Command place;
  place.via = "all";
  const auto hold = hold_of(asked(stage, "hold.place", place));
  stage.receive("k2", {{"kind", "unsend"}, {"platform_id", "mid.1"}});
  stage.answer({});
  stage.wait(kHour);
  const auto index = stage.records("msg.in")[0].index;
  CHECK(has_body(stage, index));
  Command release;
  release.text = hold;
  asked(stage, "hold.release", release);
  CHECK_FALSE(has_body(stage, index));
}

TEST_CASE("who is restricted is neither handled nor written to, and what waited is sent when it ends") {
  Stage stage;
  stage.receive("k1");
  stage.answer({});
  const auto contact = stage.disk.contacts().begin()->second.id.hex();
  CHECK(asked(stage, "contact.restrict", command(contact)).find("\"restricted\":true") != std::string::npos);
  stage.receive("k2");
  CHECK(stage.all<Handle>().empty());
  CHECK(stage.records("msg.in").size() == 2);
  Command reply;
  reply.conversation = stage.conversation();
  reply.text = "hello";
  CHECK(asked(stage, "reply", reply).find("core.restricted") != std::string::npos);
  CHECK(stage.all<Attempt>().empty());
  stage.start();  // it lasts
  CHECK(asked(stage, "contact.restrict", command(contact)).find("record") == std::string::npos);
  Command off = command(contact);
  off.text = "off";
  asked(stage, "contact.restrict", off);
  CHECK(stage.all<Attempt>().size() == 1);
  stage.receive("k3");
  CHECK(stage.all<Handle>().size() == 1);
  CHECK(stage.records("subject.restricted").size() == 2);
}

TEST_CASE("for who was erased nothing can be asked any more, also after a start") {
  Stage stage;
  stage.receive("k1");
  const auto contact = stage.disk.contacts().begin()->second.id.hex();
  asked(stage, "contact.erase", command(contact));
  for (int life = 0; life < 2; ++life) {
    Command change = command(contact);
    CHECK_FALSE(stage.order("contact.restrict", change));
    CHECK_FALSE(stage.order("hold.place", change));
    change.change = R"({"name":"Rita"})";
    CHECK_FALSE(stage.order("contact.rectify", change));
    CHECK(stage.disk.contacts().begin()->second.doc == nullptr);
    stage.start();
  }
}

TEST_CASE("a profile that was put right stays right") {
  Stage stage;
  stage.receive("k1");
  stage.answer({});
  Command change = command(stage.disk.contacts().begin()->second.id.hex());
  change.change = R"({"name":"Rita Vaz","locale":"pt_PT"})";
  CHECK(asked(stage, "contact.rectify", change).find("\"changed\":2") != std::string::npos);
  const auto doc = *stage.disk.contacts().begin()->second.doc;
  CHECK(doc.find("Rita Vaz") != std::string::npos);
  stage.start();
  stage.receive("k2");
  CHECK(stage.disk.contacts().begin()->second.doc->find("Rita Vaz") != std::string::npos);
  CHECK(stage.records("subject.rectified").size() == 1);
  for (const auto* wrong : {"", "{}", R"({"age":"7"})", R"({"name":7})"}) {
    change.change = wrong;
    CHECK_FALSE(stage.order("contact.rectify", change));
  }
}
