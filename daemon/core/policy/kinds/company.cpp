// SPDX-License-Identifier: Apache-2.0
// In whose company we speak: strangers' requests, groups, and how long a talk may go on in public.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kRequest_[] = {
    author_parameter("Who may answer a message that lies among the requests; the answer accepts it.", true),
    {"most",
     Parameter::Type::integer,
     "0",
     false,
     "The other direction: how many messages to a contact who has never answered; 0: no limit.",
     {},
     0,
     1'000},
};
constexpr Parameter kGroup_[] = {
    {"participants",
     Parameter::Type::integer,
     "",
     true,
     "The largest group that may be written to, ourselves included; 0: none at all.",
     {},
     0,
     100'000},
};
constexpr Parameter kTurns[] = {
    {"most", Parameter::Type::integer, "", true, "How many replies to one person under one post.", {}, 1, 100},
};

class Request : public Evaluator {
 public:
  Request(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id), authors_(authors_of(rules.front())), most_(rules.front().number("most")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (is_public(question) || !is_message(question.effect)) return;
    if (question.asks && !names(authors_, question))
      judgement.deny(rule_, "the contact's message lies among the requests and a " +
                                std::string(name(question.author)) + " may not accept it: let a person answer");
    else if (most_ != 0 && question.last_user == 0 && question.since_user >= most_)
      judgement.deny(rule_, "what was sent lies among the contact's requests: wait until they answer");
  }

 private:
  std::string_view rule_;
  std::array<bool, 3> authors_;
  std::int64_t most_;
};

class Group : public Evaluator {
 public:
  Group(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id), participants_(rules.front().number("participants")) {}

  void ask(Judgement& judgement) const override {
    const std::int64_t found = judgement.question.participants;
    if (found <= participants_ || found == 0) return;
    judgement.deny(rule_, participants_ == 0
                              ? "this platform's groups cannot be written to: write to one person"
                              : "the group has " + std::to_string(found) + " participants, the platform takes " +
                                    std::to_string(participants_) + ": write to a smaller one");
  }

 private:
  std::string_view rule_;
  std::int64_t participants_;
};

class PublicTurns : public Evaluator {
 public:
  PublicTurns(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id), most_(rules.front().number("most")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (question.retry || !is_message(question.effect) || !is_public(question) || question.public_turns < most_) return;
    judgement.deny(rule_, std::to_string(question.public_turns) + " replies have been given in public: go on in " +
                              "private, or let a person decide");
  }

 private:
  std::string_view rule_;
  std::int64_t most_;
};

}  // namespace

const RuleKind kRequest = {"request", false,        true, "Messages that lie among the requests, theirs and ours.",
                           kRequest_, make<Request>};
const RuleKind kGroup = {"group", false, true, "How large a group may be.", kGroup_, make<Group>};
const RuleKind kPublicTurns = {"public_turns",   false, false, "How long a talk may go on in public.", kTurns,
                               make<PublicTurns>};

}  // namespace postern::core::policy
