// SPDX-License-Identifier: Apache-2.0
#include "config/policy_cases.hpp"

#include <algorithm>
#include <iterator>

#include "config/units.hpp"
#include "core/policy/fingerprints.hpp"

namespace postern::config {
namespace {

using namespace core;
using namespace core::policy;

constexpr std::int64_t kAccount = 1, kContact = 2, kOthers = 1'000;
constexpr std::string_view kKeys[] = {
    "name",    "author",        "effect",       "public",       "text",     "times",     "attachments",
    "size",    "quick_replies", "title",        "payload",      "last",     "comment",   "replied",
    "retry",   "since_user",    "public_turns", "participants", "follows",  "likes",     "opted_in",
    "asks",    "written_to",    "disclosed",    "approved",     "template", "purpose",   "consents",
    "revoked", "attributes",    "said",         "sent",         "ago",      "elsewhere", "verdict",
    "rule",    "tag",           "parts",        "wait",         "becomes",  "awaits"};

/// One case, read: a question and all that it points to.
class Case {
 public:
  Case(const Node& entry, Micros now, Problems& problems) : entry_(entry), problems_(problems) {
    for (const Member& member : entry.members)
      if (std::find(std::begin(kKeys), std::end(kKeys), member.name) == std::end(kKeys))
        problems.add(member.place, "\"" + member.name + "\" is no key of a case", "docs/policy.md lists them");
    for (std::int64_t i = 0; i < number("times", 1); ++i) text_ += text("text", "hello");
    for (const std::string& type : list("attachments"))
      attachments_.push_back({type, "https://a.example/1", "", number("size", 0)});
    for (std::int64_t i = 0; i < number("quick_replies", 0); ++i)
      quick_replies_.push_back({std::string(static_cast<std::size_t>(number("title", 1)), 't'),
                                std::string(static_cast<std::size_t>(number("payload", 1)), 'p')});
    read_message(now);
    read_standing();
  }
  Case(const Case&) = delete;

  const Question& question() const { return question_; }

  std::string text(std::string_view key, std::string_view standard) const {
    const Node* node = entry_.find(key);
    return node == nullptr ? std::string(standard) : node->text;
  }
  std::int64_t number(std::string_view key, std::int64_t standard) const {
    const Node* node = entry_.find(key);
    return node == nullptr ? standard : node->number;
  }
  Micros duration(std::string_view key, std::string_view standard) const {
    const auto read = parse_duration(text(key, standard));
    if (!read) problems_.add(entry_.find(key)->place, "\"" + std::string(key) + "\": expected a duration like \"24h\"");
    return read.value_or(0);
  }
  std::vector<std::string> list(std::string_view key) const {
    std::vector<std::string> out;
    if (const Node* node = entry_.find(key))
      for (const Node& item : node->items) out.push_back(item.text);
    return out;
  }

  RateBook sent_before(const Pack& pack) const {
    RateBook book;
    Question before = question_;
    before.now -= duration("ago", "0s");
    for (std::int64_t i = 0; i < number("sent", 0); ++i) {
      if (number("elsewhere", 0) != 0) before.contact = kOthers + i;
      pack.count(before, &book);
    }
    return book;
  }

 private:
  void read_message(Micros now) {
    const auto author = parse_author(text("author", "bot"));
    const auto effect = parse_effect_kind(text("effect", "reply"));
    if (!author || !effect || !is_outbound(*effect))
      problems_.add(entry_.place, "the case has an author or an effect that does not exist",
                    "authors are human, bot, campaign; effects are those of messages");
    question_.author = author.value_or(Author::bot);
    question_.effect = effect.value_or(EffectKind::reply);
    question_.public_ = number("public", 0) != 0;
    question_.text = text_;
    question_.attachments = &attachments_;
    question_.quick_replies = &quick_replies_;
    question_.now = now;
    if (text("last", "") != "never") question_.last_user = now - duration("last", "1h");
    question_.comment_at = now - duration("comment", "1h");
    question_.comment_replied = number("replied", 0) != 0;
    question_.retry = number("retry", 0) != 0;
    question_.account = kAccount;
    question_.contact = kContact;
    purpose_ = text("purpose", question_.author == Author::campaign ? "marketing" : "service");
    question_.purpose = purpose_;
    question_.has_template = number("template", 0) != 0;
  }

  void read_standing() {
    question_.since_user = number("since_user", 0);
    question_.public_turns = number("public_turns", 0);
    question_.participants = number("participants", 0);
    question_.follows = number("follows", 0) != 0;
    question_.likes = number("likes", 0) != 0;
    question_.opted_in = number("opted_in", 0) != 0;
    question_.asks = number("asks", 0) != 0;
    question_.written_to = number("written_to", 0) != 0;
    question_.disclosed = number("disclosed", 0) != 0;
    question_.approved = number("approved", 0) != 0;
    for (const std::string& purpose : list("consents")) consents_[purpose] = "granted";
    for (const std::string& purpose : list("revoked")) consents_[purpose] = "revoked";
    if (const Node* node = entry_.find("attributes"))
      for (const Member& member : node->members) attributes_[member.name] = member.value.text;
    question_.consents = &consents_;
    question_.attributes = &attributes_;
    said_ = fingerprints(text("said", ""), key_);
    question_.said_in_private = &said_;
    question_.fingerprint_key = &key_;
  }

  const Node& entry_;
  Problems& problems_;
  std::string text_, purpose_;
  std::vector<Attachment> attachments_;
  std::vector<QuickReply> quick_replies_;
  Words consents_, attributes_;
  const FingerprintKey key_ = {1, 2};
  std::vector<std::uint64_t> said_;
  Question question_;
};

}  // namespace

CaseResult ask_policy_case(const Pack& pack, const Node& entry, Micros now, Problems& problems) {
  const Case asked(entry, now, problems);
  const Verdict verdict = pack.judge(asked.question(), asked.sent_before(pack));
  CaseResult result{{}, verdict.rule};
  const auto differs = [&](std::string_view what, const std::string& is, const std::string& expected) {
    if (is == expected || !result.difference.empty()) return;
    result.difference = std::string(what) + " is " + (is.empty() ? "none" : is) + ", not " + expected +
                        (verdict.reason.empty() ? "" : " (" + verdict.reason + ")");
  };
  differs("the verdict", std::string(name(verdict.outcome)), asked.text("verdict", ""));
  differs("the rule", std::string(verdict.rule), asked.text("rule", ""));
  differs("the tag", std::string(verdict.tag), asked.text("tag", ""));
  differs("the number of parts", std::to_string(verdict.texts.size()),
          std::to_string(asked.number("parts", entry.find("becomes") == nullptr ? 0 : 1)));
  if (verdict.outcome == Outcome::hold) {
    differs("what it waits for", std::string(name(verdict.awaits)), asked.text("awaits", "time"));
    if (verdict.awaits == Awaits::time)
      differs("the wait", std::to_string((verdict.until - now) / kMilli) + " ms",
              std::to_string(asked.duration("wait", "0s") / kMilli) + " ms");
  }
  if (entry.find("becomes") != nullptr)
    differs("the text", verdict.texts.empty() ? "" : verdict.texts.front(), asked.text("becomes", ""));
  return result;
}

}  // namespace postern::config
