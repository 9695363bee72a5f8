// SPDX-License-Identifier: Apache-2.0
// Whom may we write to first? And what opens a window once they have written.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kOpens_[] = {
    {"kinds", Parameter::Type::list, "", true,
     "The kinds of events that open the window, where the platform says of one that it may.",
     "message|comment|mention|reaction|postback|request|optin|follow|like|referral"},
};
constexpr Parameter kFirst[] = {
    author_parameter("Who may begin.", true),
    {"by", Parameter::Type::list, "", true,
     "What the contact must have done, one of: followed the account, liked it, opted in.", "follow|like|optin"},
    {"most", Parameter::Type::integer, "0", false, "How many messages until they answer; 0: no limit.", {}, 0, 1'000},
    {"also_after", Parameter::Type::flag, "false", false,
     "It is needed as well once the contact has written, not only to begin."},
    {"template", Parameter::Type::flag, "false", false, "Only with an approved template."},
};

class Opens : public Evaluator {  // what it says is asked when events come in, by Pack::opens
 public:
  Opens(std::span<const Rule>, std::vector<Complaint>&) {}
  void ask(Judgement&) const override {}
};

class FirstContact : public Evaluator {
 public:
  FirstContact(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        authors_(authors_of(rules.front())),
        most_(rules.front().number("most")),
        also_after_(rules.front().flag("also_after")),
        needs_template_(rules.front().flag("template")) {
    for (const std::string& word : rules.front().list("by")) {
      follow_ = follow_ || word == "follow";
      like_ = like_ || word == "like";
      optin_ = optin_ || word == "optin";
    }
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    const bool begins = question.last_user == 0;
    if (is_public(question) || question.effect == EffectKind::private_reply || (!begins && !also_after_)) return;
    if (!names(authors_, question)) return;  // the windows say that it may not begin
    const bool known = (follow_ && question.follows) || (like_ && question.likes) || (optin_ && question.opted_in);
    if (!known) return judgement.deny(rule_, "only who " + needed() + " may be written to: wait for that");
    if (!begins) return;
    if (needs_template_ && !question.has_template)
      return judgement.deny(rule_, "a conversation begins with an approved template: name one");
    if (most_ != 0 && question.since_user >= most_)
      return judgement.deny(rule_, "the contact has not answered what was sent first: wait for them");
    judgement.admit(rule_, 0);
  }

 private:
  std::string needed() const {
    std::string out;
    const auto add = [&](bool is, const char* what) {
      if (is) out.append(out.empty() ? "" : " or ").append(what);
    };
    add(follow_, "follows the account"), add(like_, "has liked it"), add(optin_, "has opted in");
    return out;
  }

  std::string_view rule_;
  std::array<bool, 3> authors_;
  std::int64_t most_;
  bool also_after_, needs_template_;
  bool follow_ = false, like_ = false, optin_ = false;
};

}  // namespace

const RuleKind kOpens = {"opens",
                         false,
                         false,
                         "What opens a window. A codec tells which events a platform counts as an act of the contact; "
                         "this rule narrows them by kind.",
                         kOpens_,
                         make<Opens>};
const RuleKind kFirstContact = {"first_contact",
                                false,
                                true,
                                "Who may be written to before they have written. Without this rule: nobody.",
                                kFirst,
                                make<FirstContact>};

}  // namespace postern::core::policy
