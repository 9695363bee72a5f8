// SPDX-License-Identifier: Apache-2.0
// Who writes: a machine says so the first time.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"text", Parameter::Type::text, "", true, "What is said, like \"You are talking to an automated assistant.\""},
    {"place", Parameter::Type::text, "before", false, "Before or after the text of the first message.", "before|after"},
    author_parameter("Whose first message says it.", false, "bot|campaign"),
    where_parameter("private"),
};

class Disclosure : public Evaluator {
 public:
  Disclosure(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        text_(rules.front().text("text")),
        after_(rules.front().text("place") == "after"),
        authors_(authors_of(rules.front())),
        sphere_(sphere_of(rules.front())) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.disclosed || !names(authors_, question) || !is_message(question.effect) || !within(sphere_, question))
      return;
    if (question.has_template) return;  // nothing can be said beside it; the first text says it
    const std::string_view text = judgement.text();
    // Also what a handler says by itself; and so a text that has been through here does not change again.
    if (text.find(text_) != std::string_view::npos) return;
    std::string both = text.empty() ? text_ : after_ ? std::string(text) + "\n\n" + text_ : text_ + "\n\n";
    if (!after_) both += text;
    judgement.rewrite(rule_, std::move(both), "it is the first message of a machine to this contact, and says so");
  }

 private:
  std::string_view rule_;
  std::string text_;
  bool after_;
  std::array<bool, 3> authors_;
  Sphere sphere_;
};

}  // namespace

const RuleKind kDisclosure = {
    "disclosure", false,           false, "The first message of a machine says that it is one (EU AI Act, article 50).",
    kParameters,  make<Disclosure>};

}  // namespace postern::core::policy
