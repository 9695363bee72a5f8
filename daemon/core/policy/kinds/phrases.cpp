// SPDX-License-Identifier: Apache-2.0
// What a text must not say, must say, or had better not look like; and what nobody may repeat in public.
#include <re2/re2.h>

#include <algorithm>

#include "core/policy/fingerprints.hpp"
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/text.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kPhrases_[] = {
    {"words", Parameter::Type::list, "", true, "The phrases, in any case."},
    {"when", Parameter::Type::list, "", false, "Only for texts that have one of these phrases; none: all texts."},
    {"action", Parameter::Type::text, "forbid", false,
     "A text with one of them is refused, or waits for an approval; or a text without any of them is refused.",
     "forbid|approve|require"},
    author_parameter("Whose texts are looked at."),
    where_parameter(),
};
constexpr Parameter kPrivate[] = {
    {"otherwise", Parameter::Type::text, "deny", false, "A reply that repeats it is refused, or waits for an approval.",
     "deny|approve"},
    {"consent", Parameter::Type::text, "sharing", false, "The purpose whose consent lets it pass."},
};
constexpr Parameter kLint_[] = {
    author_parameter("Whose texts are looked at."),
    {"greetings", Parameter::Type::list, "", false, "A first answer should begin with one of these words."},
    {"long", Parameter::Type::integer, "0", false, "Warns of texts of more characters; 0: never.", {}, 0, 100'000},
    {"capitals",
     Parameter::Type::integer,
     "60",
     false,
     "Warns if so many of a hundred letters are capitals.",
     {},
     1,
     100},
};

/// One expression for all phrases, so that a text is read once however many there are.
std::shared_ptr<const RE2> any_of(const std::vector<std::string>& words) {
  if (words.empty()) return nullptr;
  std::string all;
  for (const std::string& word : words) all += (all.empty() ? "" : "|") + RE2::QuoteMeta(word);
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_log_errors(false);
  return std::make_shared<const RE2>(all, options);
}

bool has(const RE2& words, std::string_view text) {
  return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), words);
}

class Phrases : public Evaluator {
 public:
  Phrases(std::span<const Rule> rules, std::vector<Complaint>& complaints) {
    for (const Rule& rule : rules) {
      std::string shown;
      for (const std::string& phrase : rule.list("words")) shown += (shown.empty() ? "\"" : ", \"") + phrase + "\"";
      rules_.push_back({rule.id, std::move(shown), any_of(rule.list("words")), any_of(rule.list("when")),
                        rule.text("action"), authors_of(rule), sphere_of(rule)});
      const auto& words = rule.list("words");
      if (words.empty() || std::find(words.begin(), words.end(), "") != words.end())
        complaints.push_back({&rule, "words", "\"words\" has no phrase, or an empty one", "write what a text may say"});
    }
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect)) return;
    for (const Watched& watched : rules_) {
      if (!watched.words || !names(watched.authors, question) || !within(watched.sphere, question)) continue;
      if (question.retry && watched.action == "require") continue;  // another part may have it
      const std::string_view text = judgement.text();
      if (watched.when && !has(*watched.when, text)) continue;
      const bool found = has(*watched.words, text);
      if (watched.action == "require" && question.any_text)
        judgement.warn(watched.rule, "every text must have one of its phrases: " + watched.shown);
      else if (watched.action == "require" && !found && !question.has_template)
        judgement.deny(watched.rule, "the text lacks a phrase that it must have: see the rule");
      else if (watched.action == "forbid" && found)
        judgement.deny(watched.rule, "the text has a phrase that is not to be used: say it in another way");
      else if (watched.action == "approve" && found && !question.approved)
        judgement.hold_for(Awaits::approval, watched.rule, "the text has a phrase that a second person approves");
    }
  }

 private:
  struct Watched {
    std::string_view rule;
    std::string shown;  ///< the phrases, for people
    std::shared_ptr<const RE2> words, when;
    std::string action;
    std::array<bool, 3> authors;
    Sphere sphere;
  };
  std::vector<Watched> rules_;
};

class PrivateWords : public Evaluator {
 public:
  PrivateWords(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        approve_(rules.front().text("otherwise") == "approve"),
        consent_(rules.front().text("consent")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_public(question) || !is_message(question.effect)) return;
    if (question.said_in_private == nullptr || question.said_in_private->empty()) return;
    if (question.fingerprint_key == nullptr || word(question.consents, consent_) == "granted") return;
    for (const std::uint64_t each : fingerprints(judgement.text(), *question.fingerprint_key)) {
      if (!std::binary_search(question.said_in_private->begin(), question.said_in_private->end(), each)) continue;
      if (!approve_)
        judgement.deny(rule_,
                       "the reply repeats in public what the contact has said in private: leave it out, or ask "
                       "for their consent to share it");
      else if (!question.approved)
        judgement.hold_for(Awaits::approval, rule_, "the reply repeats in public what the contact has said in private");
      return;
    }
  }

 private:
  std::string_view rule_;
  bool approve_;
  std::string consent_;
};

class Lint : public Evaluator {
 public:
  Lint(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        authors_(authors_of(rules.front())),
        greetings_(any_of(rules.front().list("greetings"))),
        long_(rules.front().number("long")),
        capitals_(rules.front().number("capitals")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect) || !names(authors_, question)) return;
    const std::string_view text = judgement.text();
    if (greetings_ && !question.written_to && !question.has_template && !text.empty() &&
        !has(*greetings_, text.substr(0, 60)))
      judgement.warn(rule_, "a first answer has no greeting");
    if (long_ != 0 && length(text, Unit::codepoints) > long_)
      judgement.warn(rule_, "the text is long: say it in fewer words");
    std::int64_t letters = 0, capitals = 0;
    for (const char c : text) {
      capitals += c >= 'A' && c <= 'Z';
      letters += (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    }
    if (letters >= 12 && capitals * 100 >= letters * capitals_)
      judgement.warn(rule_, "the text is mostly in capitals, which reads as shouting");
  }

 private:
  std::string_view rule_;
  std::array<bool, 3> authors_;
  std::shared_ptr<const RE2> greetings_;
  std::int64_t long_, capitals_;
};

}  // namespace

const RuleKind kPhrases = {"phrases", true,
                           true,      "What texts must not say, must say, or say only with an approval.",
                           kPhrases_, make<Phrases>};
const RuleKind kPrivateWords = {
    "private_words",
    false,
    true,
    "What a contact has said in private is not repeated in public without their consent. "
    "Their words are kept as keyed fingerprints alone: of numbers, addresses and codes, and "
    "of each run of four words.",
    kPrivate,
    make<PrivateWords>};
const RuleKind kLint = {"lint", false,     false, "The tone of a text. It warns and never stops anything.",
                        kLint_, make<Lint>};

}  // namespace postern::core::policy
