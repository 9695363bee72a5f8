// SPDX-License-Identifier: Apache-2.0
// How many quick replies, and how long they may be.
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/text.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"max", Parameter::Type::integer, "0", false, "How many a message may have; 0: no limit.", {}, 0, 100},
    {"title_max",
     Parameter::Type::integer,
     "0",
     false,
     "The longest title, in code points; 0: no limit.",
     {},
     0,
     1'000},
    {"payload_max", Parameter::Type::integer, "0", false, "The longest payload, in bytes; 0: no limit.", {}, 0, 10'000},
    {"never", Parameter::Type::flag, "false", false, "The platform has none."},
};

class QuickReplies : public Evaluator {
 public:
  QuickReplies(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        max_(rules.front().number("max")),
        title_max_(rules.front().number("title_max")),
        payload_max_(rules.front().number("payload_max")),
        never_(rules.front().flag("never")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect) || question.quick_replies == nullptr || question.quick_replies->empty()) return;
    const auto count = static_cast<std::int64_t>(question.quick_replies->size());
    if (never_) return judgement.deny(rule_, "the platform has no quick replies: put the choices into the text");
    if (max_ != 0 && count > max_)
      return judgement.deny(rule_, "there are " + std::to_string(count) + " quick replies, the platform takes " +
                                       std::to_string(max_) + ": leave some out");
    for (const QuickReply& reply : *question.quick_replies) {
      const std::int64_t title = length(reply.title, Unit::codepoints), payload = length(reply.payload, Unit::bytes);
      if (title_max_ != 0 && title > title_max_)
        return judgement.deny(rule_, too_long("the title of a quick reply", title, title_max_, name(Unit::codepoints)));
      if (payload_max_ != 0 && payload > payload_max_)
        return judgement.deny(rule_,
                              too_long("the payload of a quick reply", payload, payload_max_, name(Unit::bytes)));
    }
  }

 private:
  std::string_view rule_;
  std::int64_t max_, title_max_, payload_max_;
  bool never_;
};

}  // namespace

const RuleKind kQuickReplies = {
    "quick_replies", false, false, "The answers that are offered as buttons.", kParameters, make<QuickReplies>};

}  // namespace postern::core::policy
