// SPDX-License-Identifier: Apache-2.0
// How often somebody may be courted, and when not at all; and that many people do not get the very same text.
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/stop_words.hpp"
#include "core/time_text.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kPromotion_[] = {
    {"purposes", Parameter::Type::list, "marketing", false, "What counts as promotion."},
    {"count", Parameter::Type::integer, "", true, "At most so many to one contact …", {}, 1, 1'000},
    {"per", Parameter::Type::duration, "", true, "… in any span of this length.", {}, kMinute, 31 * kDay},
    {"never_first", Parameter::Type::flag, "true", false, "Never as the first thing that a contact hears of us."},
    {"after_complaint", Parameter::Type::duration, "0s", false,
     "For how long not after a complaint (the contact's attribute `complained_at`, a time)."},
};
constexpr Parameter kSameness_[] = {
    {"count", Parameter::Type::integer, "", true, "The same text goes to at most so many contacts …", {}, 1, 10'000},
    {"per", Parameter::Type::duration, "", true, "… in any span of this length.", {}, kSecond, 31 * kDay},
    author_parameter("Whose texts are compared.", false, "bot|campaign"),
    {"least",
     Parameter::Type::integer,
     "40",
     false,
     "Texts shorter than so many bytes are not compared.",
     {},
     1,
     10'000},
    {"otherwise", Parameter::Type::text, "warn", false, "What becomes of the next one.", "warn|hold|deny"},
};

class Promotion : public Evaluator {
 public:
  Promotion(std::span<const Rule> rules, std::vector<Complaint>&)
      : rule_(rules.front().id),
        limit_{kPromotions, rules.front().number("count"), rules.front().number("per")},
        purposes_(rules.front().list("purposes")),
        never_first_(rules.front().flag("never_first")),
        after_complaint_(rules.front().number("after_complaint")) {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!promotes(question)) return;
    if (never_first_ && !question.retry && (question.last_user == 0 || !question.written_to))
      return judgement.deny(rule_, "promotion is never the first thing that a contact hears: answer them first");
    const std::string_view complained = word(question.attributes, "complained_at");
    const Micros over = complained.empty() ? 0 : parse_rfc3339(complained) + after_complaint_;
    if (after_complaint_ != 0 && question.now < over)
      return judgement.deny(rule_, "the contact has complained and gets no promotion until " + rfc3339(over) + ": wait",
                            over);
    const Micros next = judgement.rates.caps.next(limit_, person_of(question), question.message, question.now);
    if (next > question.now)
      judgement.hold(rule_, next,
                     "a contact gets at most " + std::to_string(limit_.count) + " promotions in " + words(limit_.per) +
                         ": it waits");
  }

  Micros count(const Question& question, RateBook* book) const override {
    if (!promotes(question)) return 0;
    if (book != nullptr) book->caps.take(limit_, person_of(question), question.message, question.now);
    return limit_.per;
  }

 private:
  bool promotes(const Question& question) const {
    if (!is_message(question.effect)) return false;
    for (const std::string& purpose : purposes_)
      if (purpose == question.purpose) return true;
    return false;
  }

  std::string_view rule_;
  RateLimit limit_;
  std::vector<std::string> purposes_;
  bool never_first_;
  Micros after_complaint_;
};

class Sameness : public Evaluator {
 public:
  Sameness(std::span<const Rule> rules, std::vector<Complaint>&)
      : limit_{rules.front().id, rules.front().number("count"), rules.front().number("per")},
        authors_(authors_of(rules.front())),
        least_(rules.front().number("least")),
        hold_(rules.front().text("otherwise") == "hold"),
        deny_(rules.front().text("otherwise") == "deny") {}

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!compares(question)) return;
    const std::int64_t hash = hash_of(question);
    const Micros next = judgement.rates.caps.next(limit_, hash, question.message, question.now);
    if (next <= question.now) return;
    const std::string why = "the same text has gone to " + std::to_string(limit_.count) + " contacts within " +
                            words(limit_.per) + ": write to each of them";
    if (deny_)
      judgement.deny(limit_.rule, why, next);
    else if (hold_)
      judgement.hold(limit_.rule, next, why);
    else
      judgement.warn(limit_.rule, why);
  }

  Micros count(const Question& question, RateBook* book) const override {
    if (!compares(question)) return 0;
    if (book != nullptr) book->caps.take(limit_, hash_of(question), question.message, question.now);
    return limit_.per;
  }

 private:
  bool compares(const Question& question) const {
    const bool long_enough =
        question.text_hash != 0 || (!question.retry && static_cast<std::int64_t>(question.text.size()) >= least_);
    return long_enough && names(authors_, question) && is_message(question.effect);
  }
  /// A further attempt is of a part, and what counts is the whole text.
  static std::int64_t hash_of(const Question& question) {
    return question.text_hash != 0 ? question.text_hash : policy::text_hash(question.text);
  }

  RateLimit limit_;
  std::array<bool, 3> authors_;
  std::int64_t least_;
  bool hold_, deny_;
};

}  // namespace

// FNV-1a over the folded text without its spaces.
std::int64_t text_hash(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : folded(text))
    if (c != ' ' && c != '\n') hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  return static_cast<std::int64_t>(hash >> 1U) + 1;
}

std::int64_t person_of(const Question& question) {
  return question.person != 0 ? question.person : question.contact;
}

const RuleKind kPromotion = {"promotion", false,
                             true,        "A cap on promotion for each contact. Linked contacts count as one.",
                             kPromotion_, make<Promotion>};
const RuleKind kSameness = {"sameness", false,
                            true,       "Identical texts to many people look like spam, to them and to platforms.",
                            kSameness_, make<Sameness>};

}  // namespace postern::core::policy
