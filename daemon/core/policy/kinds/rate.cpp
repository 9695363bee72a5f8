// SPDX-License-Identifier: Apache-2.0
// How often? What is over a limit waits; nothing is lost by it.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"scope", Parameter::Type::text, "account", false,
     "Whose sends are counted: of all accounts of the platform (one application), of the account, or to the contact.",
     "app|account|contact"},
    {"count", Parameter::Type::integer, "", true, "At most so many …", {}, 1, 10'000},
    {"per", Parameter::Type::duration, "", true, "… in any span of this length.", {}, kMilli, 31 * kDay},
    {"burst",
     Parameter::Type::integer,
     "0",
     false,
     "So many more may come at once, if fewer come later: `count` and `burst` together, in the span in which the rate "
     "gives as many.",
     {},
     0,
     10'000},
    {"applies", Parameter::Type::text, "all", false,
     "What is counted: all that is sent; messages and comments; messages with an attachment; private replies; public "
     "replies.",
     "all|message|media|private_reply|public"},
};

enum class Scope : std::uint8_t { app, account, contact };
enum class Applies : std::uint8_t { all, message, media, private_reply, public_ };

class Rates : public Evaluator {
 public:
  Rates(std::span<const Rule> rules, std::vector<Complaint>&) {
    for (const Rule& rule : rules) {
      Rate rate;
      const std::int64_t burst = rule.number("burst");
      rate.base = rule.number("count");
      rate.per = rule.number("per");
      rate.limit = {rule.id, rate.base + burst, rate.per + (rate.base == 0 ? 0 : rate.per * burst / rate.base)};
      const std::string& scope = rule.text("scope");
      rate.scope = scope == "app" ? Scope::app : scope == "contact" ? Scope::contact : Scope::account;
      const std::string& applies = rule.text("applies");
      rate.applies = applies == "message"         ? Applies::message
                     : applies == "media"         ? Applies::media
                     : applies == "private_reply" ? Applies::private_reply
                     : applies == "public"        ? Applies::public_
                                                  : Applies::all;
      rates_.push_back(rate);
    }
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    for (const Rate& rate : rates_) {
      if (!counts(rate, question)) continue;
      const Micros next = judgement.rates.next(rate.limit, key(rate, question), question.now);
      if (next > question.now)
        judgement.hold(rate.limit.rule, next,
                       "at most " + std::to_string(rate.base) + " may be sent in " + words(rate.per) + ": it waits");
    }
  }

  Micros count(const Question& question, RateBook* book) const override {
    Micros longest = 0;
    for (const Rate& rate : rates_) {
      if (!counts(rate, question)) continue;
      longest = std::max(longest, rate.limit.per);
      if (book != nullptr) book->take(rate.limit, key(rate, question), question.now);
    }
    return longest;
  }

 private:
  struct Rate {
    RateLimit limit;
    std::int64_t base = 0;
    Micros per = 0;
    Scope scope = Scope::account;
    Applies applies = Applies::all;
  };

  static bool counts(const Rate& rate, const Question& question) {
    switch (rate.applies) {
      case Applies::all:
        return true;
      case Applies::message:
        return is_message(question.effect);
      case Applies::private_reply:
        return question.effect == EffectKind::private_reply;
      case Applies::media:
        return is_message(question.effect) && attachments_of(question) > 0;
      case Applies::public_:
        return is_message(question.effect) && is_public(question);
    }
    return true;
  }
  static std::int64_t key(const Rate& rate, const Question& question) {
    return rate.scope == Scope::contact ? question.contact : rate.scope == Scope::app ? -1 : question.account;
  }

  std::vector<Rate> rates_;
};

}  // namespace

const RuleKind kRate = {"rate",
                        true,
                        true,
                        "A limit on how often something may be sent. It is kept exactly, in every span of its length, "
                        "by the instants of what was sent.",
                        kParameters,
                        make<Rates>};

}  // namespace postern::core::policy
