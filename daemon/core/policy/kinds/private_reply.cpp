// SPDX-License-Identifier: Apache-2.0
// From a public comment to a private message.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"within", Parameter::Type::duration, "", true, "How long after the comment.", {}, kSecond},
    {"once", Parameter::Type::flag, "true", false, "One a comment."},
    {"never", Parameter::Type::flag, "false", false, "The platform has no private replies to comments."},
};

class PrivateReply : public Evaluator {
 public:
  PrivateReply(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        within_(rules.front().number("within")),
        once_(rules.front().flag("once")),
        never_(rules.front().flag("never")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.effect != EffectKind::private_reply) return;
    if (never_) return judgement.deny(rule_, "this platform takes no private reply to a comment: answer in public");
    const Micros ends = question.comment_at + within_;
    if (within_ != 0 && question.now >= ends)
      return judgement.deny(rule_, "a private reply may follow its comment for " + words(within_) +
                                       ", this one was made at " + rfc3339(question.comment_at) + ": answer in public");
    // A retry is the same reply again, known not to have arrived.
    if (once_ && question.comment_replied && !question.retry)
      return judgement.deny(rule_, "this comment had its private reply: wait until the contact answers it");
    if (!question.retry && attachments_of(question) + (question.text.empty() ? 0 : 1) > 1)
      return judgement.deny(rule_, "a private reply is one message: send the text or one attachment, not both");
    judgement.admit(rule_, within_ == 0 ? 0 : ends);
  }

 private:
  std::string_view rule_;
  Micros within_;
  bool once_, never_;
};

}  // namespace

const RuleKind kPrivateReply = {"private_reply",
                                false,
                                true,
                                "A comment may be answered by a private message, which needs no window of its own.",
                                kParameters,
                                make<PrivateReply>};

}  // namespace postern::core::policy
