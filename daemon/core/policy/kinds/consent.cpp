// SPDX-License-Identifier: Apache-2.0
// What the contact has agreed to, and what they have asked us to leave.
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/stop_words.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kStop_[] = {
    author_parameter("Who may no longer write after it.", false, "bot|campaign"),
    {"words", Parameter::Type::list, "", false, "Words that mean it, besides those that are known in many languages."},
};
constexpr Parameter kConsent_[] = {
    {"purposes", Parameter::Type::list, "", true,
     "For what a consent is needed: marketing, survey, or one's own word."},
    {"otherwise", Parameter::Type::text, "deny", false, "Without it a message is refused, or waits for it.",
     "deny|hold"},
};
constexpr Parameter kBoundaries_[] = {
    {"do_not_contact", Parameter::Type::text, "do_not_contact", false,
     "The contact's attribute that forbids every message but a person's answer within the window."},
    {"topics", Parameter::Type::text, "no_topics", false,
     "The contact's attribute with words, parted by commas, that no text to them may contain."},
};

class Stop : public Evaluator {
 public:
  Stop(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id), authors_(authors_of(rules.front())) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.consents == nullptr || !names(authors_, question) || word(question.consents, "all") != "revoked")
      return;
    judgement.deny(rule_, "the contact has asked to be left alone: wait until they write that they want it again");
  }

 private:
  std::string_view rule_;
  std::array<bool, 3> authors_;
};

class Consent : public Evaluator {
 public:
  Consent(std::span<const Rule> rules, std::vector<Complaint>&) {
    for (const Rule& rule : rules) rules_.push_back({rule.id, rule.list("purposes"), rule.text("otherwise") == "hold"});
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    for (const Needed& needed : rules_)
      for (const std::string& purpose : needed.purposes) {
        if (purpose != question.purpose || word(question.consents, purpose) == "granted") continue;
        const bool revoked = word(question.consents, purpose) == "revoked";
        const std::string why =
            "the contact has " + std::string(revoked ? "withdrawn" : "not given") + " their consent to " + purpose;
        if (needed.hold && !revoked)
          judgement.hold_for(Awaits::consent, needed.rule, why + ": it waits for that");
        else
          judgement.deny(needed.rule, why + ": ask for it first, in an answer to them");
      }
  }

 private:
  struct Needed {
    std::string_view rule;
    std::vector<std::string> purposes;
    bool hold;
  };
  std::vector<Needed> rules_;
};

class Boundaries : public Evaluator {
 public:
  Boundaries(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        do_not_contact_(rules.front().text("do_not_contact")),
        topics_(rules.front().text("topics")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.attributes == nullptr || question.attributes->empty()) return;
    const std::string_view forbidden = word(question.attributes, do_not_contact_);
    if (question.author != Author::human && !forbidden.empty() && forbidden != "false" && forbidden != "no")
      judgement.deny(rule_, "the contact is not to be written to: a person may answer what they write");
    const std::string_view topics = word(question.attributes, topics_);
    for (std::size_t from = 0; from < topics.size();) {
      const std::size_t comma = std::min(topics.find(',', from), topics.size());
      std::string_view topic = topics.substr(from, comma - from);
      while (!topic.empty() && topic.front() == ' ') topic.remove_prefix(1);
      if (!topic.empty() && contains_word(question.text, topic))
        return judgement.deny(rule_,
                              "the text is about something that the contact does not want to hear of: leave it out");
      from = comma + 1;
    }
  }

 private:
  std::string_view rule_;
  std::string do_not_contact_, topics_;
};

}  // namespace

const RuleKind kBoundaries = {
    "boundaries", false,
    true,         "What a contact has been promised: not to be written to, or not of some topics.",
    kBoundaries_, make<Boundaries>};
const RuleKind kStop = {"stop",
                        false,
                        true,
                        "A contact who writes STOP, in any of many languages, or opts out at the platform, is left "
                        "alone until they opt in again or write START.",
                        kStop_,
                        make<Stop>};
const RuleKind kConsent = {"consent",
                           true,
                           true,
                           "Consent for a purpose. It is put on record when it is given and when it is withdrawn, with "
                           "what it was given by.",
                           kConsent_,
                           make<Consent>};

}  // namespace postern::core::policy
