// SPDX-License-Identifier: Apache-2.0
// The evaluator on a pack made here: the order of its rules, and what must hold for every question.
#include <random>

#include "catch.hpp"
#include "core/policy/policy.hpp"
#include "core/policy/rate_book.hpp"

using namespace postern;
using namespace postern::core;
using namespace postern::core::policy;
using Outcome = Verdict::Outcome;

namespace {

constexpr Micros kNow = 1'000 * kDay;

PackData data() {
  PackData made;
  made.platform = "test";
  made.version = "2026-09";
  made.hash = "59058ea978258e2f";
  made.windows = {{"t.window", Author::bot, 24 * kHour, ""},
                  {"t.human-agent", Author::human, 7 * kDay, "human_agent"},
                  {"t.window", Author::human, 24 * kHour, ""},
                  {"t.smuggled", Author::bot, 7 * kDay, "human_agent"},
                  {"t.smuggled", Author::campaign, 7 * kDay, "human_agent"}};
  made.text_rule = "t.text";
  made.text_max = 10;
  made.comment_rule = "t.comment";
  made.comment_max = 5;
  made.attachments_rule = "t.attachments";
  made.attachments = {"image"};
  made.quick_replies_rule = "t.quick-replies";
  made.quick_replies_max = 2;
  made.quick_reply_title_max = 3;
  made.quick_reply_payload_max = 4;
  made.private_reply_rule = "t.private-reply";
  made.private_reply_within = 7 * kDay;
  RateLimit rate;
  rate.rule = "t.rate";
  rate.count = 1;
  rate.per = kSecond;
  made.rates = {rate};
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
  pack.count(question(), full);
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
  pack.count(question(), full);
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
  made.windows.clear();
  Question asked = question(Author::campaign);
  asked.last_user = 0;
  CHECK(Pack(made).judge(asked, {}).outcome == Outcome::allow);
}

TEST_CASE("a window without end holds for ever, once the contact has written") {
  PackData made = data();
  made.windows = {{"t.open", Author::bot, 0, ""}};
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
  made.rates.clear();
  using Applies = RateLimit::Applies;
  for (const auto& [rule, applies] : {std::pair{"t.all", Applies::all},
                                      {"t.message", Applies::message},
                                      {"t.private", Applies::private_reply},
                                      {"t.media", Applies::media}}) {
    RateLimit limit;
    limit.rule = rule;
    limit.applies = applies;
    limit.count = 1;
    limit.per = kSecond;
    made.rates.push_back(limit);
  }
  const Pack pack(made);
  const auto counted = [&](Question asked) {
    RateBook book;
    pack.count(asked, book);
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
    if (chance() % 3 == 0) pack.count(asked, book);

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
