// SPDX-License-Identifier: Apache-2.0
// The shipped packs, asked at each edge of each limit: tests/data/policy/README.md.
#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"
#include "config/node.hpp"
#include "config/policy_shelf.hpp"
#include "config/units.hpp"
#include "core/policy/rate_book.hpp"

using namespace postern;
using namespace postern::core;
using namespace postern::core::policy;

namespace {

constexpr Micros kNow = 1'790'000'000 * kSecond;  // September 2026
constexpr std::int64_t kAccount = 1, kContact = 2;

std::string text(const config::Node& entry, const char* key, const char* standard) {
  const config::Node* node = entry.find(key);
  return node == nullptr ? standard : node->text;
}
std::int64_t number(const config::Node& entry, const char* key, std::int64_t standard) {
  const config::Node* node = entry.find(key);
  return node == nullptr ? standard : node->number;
}
Micros duration(const config::Node& entry, const char* key, const char* standard) {
  return config::parse_duration(text(entry, key, standard)).value();
}

template <typename Enum>
Enum parse(const std::string& word, std::initializer_list<Enum> all) {
  for (const Enum each : all)
    if (name(each) == word) return each;
  FAIL("no such word: " << word);
  return *all.begin();
}

EffectKind effect(const std::string& word) {
  static const std::map<std::string, EffectKind> kEffects = {
      {"reply", EffectKind::reply},   {"comment_reply", EffectKind::comment_reply},
      {"typing", EffectKind::typing}, {"private_reply", EffectKind::private_reply},
      {"seen", EffectKind::seen},     {"hide", EffectKind::hide}};
  return kEffects.at(word);
}

/// A question and all that it points to.
struct Case {
  explicit Case(const config::Node& entry) {
    const std::string piece = ::text(entry, "text", "hello");
    for (std::int64_t i = 0; i < number(entry, "times", 1); ++i) text += piece;
    if (const config::Node* types = entry.find("attachments"))
      for (const config::Node& type : types->items) attachments.push_back({type.text, "https://a.example/1", ""});
    for (std::int64_t i = 0; i < number(entry, "quick_replies", 0); ++i)
      quick_replies.push_back({std::string(static_cast<std::size_t>(number(entry, "title", 1)), 't'),
                               std::string(static_cast<std::size_t>(number(entry, "payload", 1)), 'p')});
    question.author = parse(::text(entry, "author", "bot"), {Author::human, Author::bot, Author::campaign});
    question.effect = effect(::text(entry, "effect", "reply"));
    question.public_ = number(entry, "public", 0) != 0;
    question.text = text;
    question.attachments = &attachments;
    question.quick_replies = &quick_replies;
    question.now = kNow;
    if (::text(entry, "last", "") != "never") question.last_user = kNow - duration(entry, "last", "1h");
    question.comment_at = kNow - duration(entry, "comment", "1h");
    question.comment_replied = number(entry, "replied", 0) != 0;
    question.retry = number(entry, "retry", 0) != 0;
    question.account = kAccount;
    question.contact = kContact;
  }
  Case(const Case&) = delete;

  std::string text;
  std::vector<Attachment> attachments;
  std::vector<QuickReply> quick_replies;
  Question question;
};

RateBook sent_before(const config::Node& entry, const Pack& pack, Question question) {
  RateBook book;
  question.now -= duration(entry, "ago", "0s");
  for (std::int64_t i = 0; i < number(entry, "sent", 0); ++i) {
    if (number(entry, "elsewhere", 0) != 0) question.contact = 1'000 + i;
    pack.count(question, book);
  }
  return book;
}

std::shared_ptr<const Pack> shipped(const std::string& platform) {
  config::Problems problems;
  config::PolicyShelf shelf({POSTERN_POLICIES});
  auto pack = shelf.pack(platform, "", kNow, {}, problems);
  INFO(problems.text());
  REQUIRE(pack != nullptr);
  return pack;
}

void check_all(const std::string& platform, std::size_t at_least) {
  const auto pack = shipped(platform);
  std::ifstream file(POSTERN_TEST_DATA "/policy/" + platform + ".toml");
  std::stringstream content;
  content << file.rdbuf();
  config::Problems problems;
  const auto document = config::parse_document(content.str(), platform + ".toml", problems);
  INFO(problems.text());
  REQUIRE(document);
  const std::vector<config::Node>& cases = document->find("case")->items;
  REQUIRE(cases.size() >= at_least);
  std::set<std::string_view> decided;
  for (const config::Node& entry : cases) {
    INFO(platform << ": " << text(entry, "name", "?"));
    const Case asked(entry);
    const Verdict verdict = pack->judge(asked.question, sent_before(entry, *pack, asked.question));
    INFO(verdict.reason);
    CHECK(name(verdict.outcome) == text(entry, "verdict", ""));
    CHECK(verdict.rule == text(entry, "rule", ""));
    CHECK(verdict.tag == text(entry, "tag", ""));
    CHECK(static_cast<std::int64_t>(verdict.texts.size()) == number(entry, "parts", 0));
    if (verdict.outcome == Verdict::Outcome::hold) CHECK(verdict.until == kNow + duration(entry, "wait", "0s"));
    decided.insert(verdict.rule);
  }
  for (const PackData::Source& rule : pack->data().rules) {
    INFO("no case is decided by " << rule.rule);
    CHECK(decided.count(rule.rule) == 1);
  }
}

}  // namespace

TEST_CASE("Messenger's verdicts") {
  check_all("messenger", 60);
}
TEST_CASE("Instagram's verdicts") {
  check_all("instagram", 60);
}
TEST_CASE("Telegram's verdicts") {
  check_all("telegram", 25);
}
TEST_CASE("TikTok's verdicts") {
  check_all("tiktok", 40);
}
TEST_CASE("LinkedIn's verdicts") {
  check_all("linkedin", 6);
}
TEST_CASE("Snapchat's verdicts") {
  check_all("snapchat", 11);
}

TEST_CASE("every shipped rule names its source and says itself in a sentence") {
  for (const char* platform : {"messenger", "instagram", "telegram", "tiktok", "linkedin", "snapchat"}) {
    const auto pack = shipped(platform);
    CHECK(pack->data().shelf_life_ends > kNow);
    CHECK(pack->data().hash.size() == 16);
    for (const PackData::Source& rule : pack->data().rules) {
      INFO(rule.rule);
      CHECK(rule.source.size() > 10);
      CHECK(rule.text.ends_with("."));
    }
  }
}
