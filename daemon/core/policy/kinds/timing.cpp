// SPDX-License-Identifier: Apache-2.0
// What only delays a message: the contact's night, time to take it back, a second pair of eyes.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kQuiet[] = {
    author_parameter("Whom it binds.", false, "bot|campaign"),
    {"hours", Parameter::Type::text, "", true, "The part of every day, \"22:00-08:00\"."},
    {"zone", Parameter::Type::text, "UTC", false,
     "The time zone of contacts whose attribute `time_zone` names none, like \"Europe/Lisbon\"."},
    {"purposes", Parameter::Type::list, "", false, "Only messages for these purposes; none: all."},
    {"unless_waiting", Parameter::Type::duration, "0s", false,
     "Not for an answer to somebody who wrote within this time."},
};
constexpr Parameter kUndo_[] = {
    author_parameter("Whose messages wait.", false, "human"),
    {"delay", Parameter::Type::duration, "", true, "How long one can take a message back.", {}, kSecond, kHour},
    where_parameter(),
};
constexpr Parameter kApproval_[] = {
    author_parameter("Whose messages need a second person.", true),
    {"purposes", Parameter::Type::list, "", false, "Only messages for these purposes; none: all."},
    where_parameter(),
};

bool is_for(const std::vector<std::string>& purposes, const Question& question) {
  if (purposes.empty()) return true;
  for (const std::string& purpose : purposes)
    if (purpose == question.purpose) return true;
  return false;
}

class QuietHours : public Evaluator {
 public:
  QuietHours(std::span<const Rule> rules, std::vector<Complaint>& complaints)
      : rule_(rules.front().id),
        authors_(authors_of(rules.front())),
        zone_(rules.front().text("zone")),
        purposes_(rules.front().list("purposes")),
        unless_waiting_(rules.front().number("unless_waiting")) {
    if (!DayHours::parse(rules.front().text("hours"), hours_))
      complaints.push_back(
          {&rules.front(), "hours",
           "\"hours\": expected times like \"22:00-08:00\", found \"" + rules.front().text("hours") + "\"",
           "write hours and minutes with two digits each"});
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!names(authors_, question) || is_public(question) || !is_message(question.effect)) return;
    if (!is_for(purposes_, question)) return;
    if (question.last_user != 0 && question.now - question.last_user < unless_waiting_) return;
    std::string_view zone = word(question.attributes, "time_zone");
    if (question.zones == nullptr || !question.zones->knows(zone)) zone = zone_;
    const Micros offset = question.zones == nullptr ? 0 : question.zones->offset(zone, question.now);
    DayHours hours = hours_;
    if (const std::string_view own = word(question.attributes, "quiet_hours"); !own.empty()) {
      DayHours theirs;
      if (DayHours::parse(own, theirs)) hours = theirs;
    }
    const Micros until = hours.ends(question.now, offset);
    if (until != 0) judgement.hold(rule_, until, "it is night for the contact: it waits until their morning");
  }

 private:
  std::string_view rule_;
  std::array<bool, 3> authors_;
  DayHours hours_;
  std::string zone_;
  std::vector<std::string> purposes_;
  Micros unless_waiting_;
};

class Undo : public Evaluator {
 public:
  Undo(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        authors_(authors_of(rules.front())),
        delay_(rules.front().number("delay")),
        sphere_(sphere_of(rules.front())) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!names(authors_, question) || !is_message(question.effect) || !within(sphere_, question)) return;
    judgement.hold(rule_, question.now + delay_, "it waits " + words(delay_) + ", in which it can be taken back");
  }

 private:
  std::string_view rule_;
  std::array<bool, 3> authors_;
  Micros delay_;
  Sphere sphere_;
};

class Approval : public Evaluator {
 public:
  Approval(std::span<const Rule> rules, std::vector<Complaint>&) {
    for (const Rule& rule : rules)
      rules_.push_back({rule.id, authors_of(rule), rule.list("purposes"), sphere_of(rule)});
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.approved || !is_message(question.effect)) return;
    for (const Needed& needed : rules_)
      if (names(needed.authors, question) && is_for(needed.purposes, question) && within(needed.sphere, question))
        judgement.hold_for(Awaits::approval, needed.rule, "a second person has to approve it");
  }

 private:
  struct Needed {
    std::string_view rule;
    std::array<bool, 3> authors;
    std::vector<std::string> purposes;
    Sphere sphere;
  };
  std::vector<Needed> rules_;
};

}  // namespace

const RuleKind kQuietHours = {"quiet_hours",
                              false,
                              true,
                              "Hours in which a contact is left in peace, by their own clock. A contact's attribute "
                              "`quiet_hours` sets other hours.",
                              kQuiet,
                              make<QuietHours>};
const RuleKind kUndo = {"undo", false,     false, "Time in which a message can be taken back before it leaves.",
                        kUndo_, make<Undo>};
const RuleKind kApproval = {
    "approval", true,          true, "Messages that wait until a second person, not their author, has approved them.",
    kApproval_, make<Approval>};

}  // namespace postern::core::policy
