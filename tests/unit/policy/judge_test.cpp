// SPDX-License-Identifier: Apache-2.0
// The evaluator on a pack made here: the order of its rules, and what must hold for every question.
#include <random>

#include "catch.hpp"
#include "core/policy/policy.hpp"
#include "core/policy/rate_book.hpp"

using namespace postern;
using namespace postern::core;
using namespace postern::core::policy;

namespace {

constexpr Micros kNow = 1'000 * kDay;

using List = std::vector<std::string>;

PackData data() {
  PackData made;
  made.platform = "test";
  made.version = "2026-09";
  made.hash = "59058ea978258e2f";
  made.add("window", "t.window", {{"author", List{"bot", "human"}}, {"length", 24 * kHour}})
      .add("window", "t.human-agent", {{"author", List{"human"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("window", "t.smuggled", {{"author", List{"bot", "campaign"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("text", "t.text", {{"max", 10}, {"split", 1}})
      .add("comment", "t.comment", {{"max", 5}})
      .add("attachments", "t.attachments", {{"types", List{"image"}}})
      .add("quick_replies", "t.quick-replies", {{"max", 2}, {"title_max", 3}, {"payload_max", 4}})
      .add("private_reply", "t.private-reply", {{"within", 7 * kDay}, {"once", 1}})
      .add("rate", "t.rate", {{"count", 1}, {"per", kSecond}});
  return made;
}

Question question(Author author = Author::bot) {
  Question made;
  made.author = author;
  made.text = "hello";
  made.now = kNow;
  made.last_user = kNow - kHour;
  return made;
}

}  // namespace

TEST_CASE("an allowed reply names its window and when that ends") {
  const Pack pack(data());
  const Verdict verdict = pack.judge(question(), {});
  CHECK(verdict.outcome == Outcome::allow);
  CHECK(verdict.rule == "t.window");
  CHECK(verdict.until == kNow + 23 * kHour);
  CHECK(pack.decision(verdict) == "allow/t.window:59058ea978258e2f");
}

TEST_CASE("a human is given the tag only where nothing else holds") {
  const Pack pack(data());
  Question asked = question(Author::human);
  CHECK(pack.judge(asked, {}).tag.empty());
  asked.last_user = kNow - 24 * kHour;
  CHECK(pack.judge(asked, {}).tag == "human_agent");
  CHECK(pack.judge(asked, {}).rule == "t.human-agent");
  asked.effect = EffectKind::typing;  // cannot carry a tag
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
  asked.effect = EffectKind::reply;
  asked.last_user = kNow - 7 * kDay;
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
}

TEST_CASE("who may not write gets no word on the form, and who may does before the rates are asked") {
  const Pack pack(data());
  RateBook full;
  pack.count(question(), &full);
  const std::vector<Attachment> video = {{"video", "https://a.example/v", ""}};
  const std::vector<QuickReply> many(3);
  Question asked = question();
  asked.text = "hello, this is too long";
  asked.attachments = &video;
  asked.quick_replies = &many;
  asked.last_user = kNow - 2 * kDay;
  CHECK(pack.judge(asked, full).rule == "t.window");
  asked.last_user = kNow;
  CHECK(pack.judge(asked, full).rule == "t.attachments");
  asked.attachments = nullptr;
  CHECK(pack.judge(asked, full).rule == "t.quick-replies");
  asked.quick_replies = nullptr;
  const Verdict held = pack.judge(asked, full);
  CHECK(held.outcome == Outcome::hold);
  CHECK(held.rule == "t.rate");
  CHECK(held.until == kNow + kSecond);
  CHECK(held.texts.size() == 3);  // what is held has its form already
  const Verdict split = pack.judge(asked, {});
  CHECK(split.outcome == Outcome::transform);
  CHECK(split.rule == "t.text");
}

TEST_CASE("a retry is judged by time and rates alone") {
  const Pack pack(data());
  Question asked = question();
  asked.text = "hello, this is too long";
  asked.retry = true;
  CHECK(pack.judge(asked, {}).outcome == Outcome::allow);
  asked.last_user = kNow - 24 * kHour;
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
  asked.last_user = kNow;
  RateBook full;
  pack.count(question(), &full);
  CHECK(pack.judge(asked, full).outcome == Outcome::hold);
}

TEST_CASE("a private reply has its comment's time, comes once, and is one message") {
  const Pack pack(data());
  Question asked = question();
  asked.effect = EffectKind::private_reply;
  asked.last_user = 0;  // it needs no window
  asked.comment_at = kNow - 7 * kDay + 1;
  CHECK(pack.judge(asked, {}).outcome == Outcome::allow);
  CHECK(pack.judge(asked, {}).until == kNow + 1);
  asked.text = "hello, this is too long";
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);  // never split
  asked.text = "hello";
  const std::vector<Attachment> image = {{"image", "https://a.example/i", ""}};
  asked.attachments = &image;
  CHECK(pack.judge(asked, {}).rule == "t.private-reply");
  asked.attachments = nullptr;
  asked.comment_replied = true;
  CHECK(pack.judge(asked, {}).rule == "t.private-reply");
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
  asked.retry = true;  // the same reply, known not to have arrived
  CHECK(pack.judge(asked, {}).outcome == Outcome::allow);
  asked.comment_at = kNow - 7 * kDay;
  CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
}

TEST_CASE("a public answer has no window, but a length of its own and no second part") {
  const Pack pack(data());
  Question asked = question();
  asked.effect = EffectKind::comment_reply;
  asked.last_user = 0;
  CHECK(pack.judge(asked, {}).outcome == Outcome::allow);
  CHECK(pack.judge(asked, {}).rule == "t.allow");
  asked.text = "hello!";
  CHECK(pack.judge(asked, {}).rule == "t.comment");
  asked.effect = EffectKind::reply;
  asked.public_ = true;
  CHECK(pack.judge(asked, {}).rule == "t.comment");
}

TEST_CASE("nobody is written to first") {
  const Pack pack(data());
  for (const Author author : {Author::human, Author::bot}) {
    Question asked = question(author);
    asked.last_user = 0;
    CHECK(pack.judge(asked, {}).outcome == Outcome::deny);
  }
}

TEST_CASE("an author without a window may not write; a pack without windows has no such limit") {
  PackData made = data();
  CHECK(Pack(made).judge(question(Author::campaign), {}).outcome == Outcome::deny);
  std::erase_if(made.rules, [](const Rule& rule) { return rule.kind == "window"; });
  Question asked = question(Author::campaign);
  asked.last_user = 0;
  CHECK(Pack(made).judge(asked, {}).outcome == Outcome::allow);
}

TEST_CASE("a window without end holds for ever, once the contact has written") {
  PackData made = data();
  std::erase_if(made.rules, [](const Rule& rule) { return rule.kind == "window"; });
  made.add("window", "t.open", {{"author", List{"bot"}}});
  Question asked = question();
  asked.last_user = 1;
  CHECK(Pack(made).judge(asked, {}).outcome == Outcome::allow);
  CHECK(Pack(made).judge(asked, {}).until == 0);
  asked.last_user = 0;
  CHECK(Pack(made).judge(asked, {}).outcome == Outcome::deny);
}

TEST_CASE("nothing to say is not sent") {
  Question asked = question();
  asked.text = " \n ";
  CHECK(Pack(data()).judge(asked, {}).outcome == Outcome::deny);
}

TEST_CASE("each kind of rate counts its own") {
  PackData made = data();
  std::erase_if(made.rules, [](const Rule& rule) { return rule.kind == "rate"; });
  for (const auto& [rule, applies] :
       {std::pair{"t.all", "all"}, {"t.message", "message"}, {"t.private", "private_reply"}, {"t.media", "media"}})
    made.add("rate", rule, {{"count", 1}, {"per", kSecond}, {"applies", applies}});
  const Pack pack(made);
  const auto counted = [&](Question asked) {
    RateBook book;
    pack.count(asked, &book);
    return book.size();
  };
  const std::vector<Attachment> image = {{"image", "https://a.example/i", ""}};
  Question asked = question();
  CHECK(counted(asked) == 2);
  asked.attachments = &image;
  CHECK(counted(asked) == 3);
  asked = question();
  asked.effect = EffectKind::private_reply;
  CHECK(counted(asked) == 3);
  asked.effect = EffectKind::typing;
  CHECK(counted(asked) == 1);
}

TEST_CASE("whatever is asked: no bot and no campaign gets a tag, and the same question gets the same verdict") {
  std::mt19937 chance(42);
  const Pack pack(data());
  const std::vector<Attachment> attachments = {{"image", "https://a.example/i", ""},
                                               {"video", "https://a.example/v", ""}};
  const std::vector<QuickReply> quick_replies = {{"yes", "y"}, {"no", "n"}};
  const std::string long_text(40, 'x');
  for (int run = 0; run < 50'000; ++run) {
    RateBook book;
    Question asked;
    asked.author = static_cast<Author>(chance() % 3);
    asked.effect = static_cast<EffectKind>(chance() % (static_cast<unsigned>(EffectKind::hide) + 1));
    asked.public_ = chance() % 4 == 0;
    asked.text = std::string_view(long_text).substr(0, chance() % 40);
    if (chance() % 4 == 0) asked.attachments = &attachments;
    if (chance() % 4 == 0) asked.quick_replies = &quick_replies;
    asked.now = kNow;
    asked.last_user = chance() % 5 == 0 ? 0 : kNow - static_cast<Micros>(chance() % (9 * 24)) * kHour;
    asked.comment_at = kNow - static_cast<Micros>(chance() % (9 * 24)) * kHour;
    asked.comment_replied = chance() % 2 == 0;
    asked.retry = chance() % 3 == 0;
    if (chance() % 3 == 0) pack.count(asked, &book);

    const Verdict once = pack.judge(asked, book), again = pack.judge(asked, book);
    if (asked.author != Author::human) REQUIRE(once.tag.empty());
    if (!once.tag.empty()) REQUIRE(asked.now - asked.last_user >= 24 * kHour);
    REQUIRE_FALSE(once.rule.empty());
    REQUIRE((once.outcome == Outcome::allow) == once.reason.empty());
    REQUIRE((once.outcome != Outcome::transform || once.texts.size() > 1));
    REQUIRE((once.outcome != Outcome::hold || once.until > asked.now));
    REQUIRE(pack.decision(once) == pack.decision(again));
    REQUIRE(once.reason == again.reason);
    REQUIRE(once.texts == again.texts);
    REQUIRE(once.until == again.until);
    REQUIRE(once.tag == again.tag);
  }
}
