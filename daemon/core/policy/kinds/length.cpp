// SPDX-License-Identifier: Apache-2.0
// How long a text may be, in the platform's own unit. Asked last of the rules on content, since they may lengthen it.
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/text.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter unit_parameter() {
  return {"unit", Parameter::Type::text, "codepoints", false, "What `max` counts.", "codepoints|bytes|utf16|weighted"};
}
constexpr Parameter kText_[] = {
    {"max", Parameter::Type::integer, "", true, "The longest private message.", {}, 20, 1'000'000},
    unit_parameter(),
    {"split", Parameter::Type::flag, "true", false, "A longer text goes out in parts, else not at all."},
};
constexpr Parameter kComment_[] = {
    {"max", Parameter::Type::integer, "", true, "The longest public reply.", {}, 20, 1'000'000},
    unit_parameter(),
};

Unit unit_of(const Rule& rule) {
  const std::string& word = rule.text("unit");
  if (word == "bytes") return Unit::bytes;
  if (word == "utf16") return Unit::utf16;
  return word == "weighted" ? Unit::weighted : Unit::codepoints;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

class TextLength : public Evaluator {
 public:
  TextLength(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        max_(rules.front().number("max")),
        unit_(unit_of(rules.front())),
        split_(rules.front().flag("split")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect) || question.has_template) return;  // a template's form was approved
    const std::string_view text = judgement.text();
    const bool bare = judgement.attachments() == nullptr || judgement.attachments()->empty();
    if (is_blank(text) && bare) return judgement.deny(rule_, "there is nothing to say: give a text or an attachment");
    if (is_public(question) || max_ == 0) return;
    const std::int64_t found = length(text, unit_);
    if (found <= max_) return;
    if (question.effect == EffectKind::private_reply || !split_)
      return judgement.deny(rule_, too_long("the text", found, max_, name(unit_)));
    auto parts = split(text, unit_, max_);
    const std::string count = std::to_string(parts.size());
    judgement.split(rule_, std::move(parts),
                    "the text is longer than one message may be and goes out in " + count + " parts");
  }

 private:
  std::string_view rule_;
  std::int64_t max_;
  Unit unit_;
  bool split_;
};

class CommentLength : public Evaluator {
 public:
  CommentLength(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id), max_(rules.front().number("max")), unit_(unit_of(rules.front())) {}

  void ask(Judgement& judgement) const override {
    if (!is_message(judgement.question.effect) || !is_public(judgement.question) || max_ == 0) return;
    const std::int64_t found = length(judgement.text(), unit_);
    if (found > max_) judgement.deny(rule_, too_long("the comment", found, max_, name(unit_)));
  }

 private:
  std::string_view rule_;
  std::int64_t max_;
  Unit unit_;
};

}  // namespace

const RuleKind kText = {
    "text",
    false,
    false,
    "A private text. One that is too long is split at paragraphs, sentences or spaces, never within "
    "a character; a private reply never is, since it is one message.",
    kText_,
    make<TextLength>};
const RuleKind kComment = {"comment",          false, false, "A public text, which is never split.", kComment_,
                           make<CommentLength>};

}  // namespace postern::core::policy
