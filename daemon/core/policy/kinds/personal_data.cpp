// SPDX-License-Identifier: Apache-2.0
// Personal data in what we send: e-mail addresses, telephone and card numbers, IBANs, and patterns of one's own.
#include <re2/re2.h>

#include <algorithm>

#include "core/policy/kinds/kinds.hpp"
#include "core/policy/personal_data.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"find", Parameter::Type::list, "email|phone|card|iban", false,
     "What is looked for. Cards are known by their check digit, IBANs by theirs.", "email|phone|card|iban"},
    {"patterns", Parameter::Type::list, "", false,
     "Regular expressions (RE2) besides, for postal codes, order numbers and the like."},
    {"action", Parameter::Type::text, "redact", false,
     "What becomes of a text with it: the data is blotted out, the message waits for an approval, or is refused.",
     "redact|approve|deny"},
    author_parameter("Whose texts are looked at."),
    where_parameter(),
};

constexpr std::string_view kBlot = "***";

class PersonalData : public Evaluator {
 public:
  PersonalData(std::span<const Rule> rules, std::vector<Complaint>& complaints) {
    for (const Rule& rule : rules) {
      Search& search = searches_.emplace_back();
      search.rule = rule.id;
      search.authors = authors_of(rule);
      search.sphere = sphere_of(rule);
      search.action = rule.text("action");
      for (const std::string& word : rule.list("find")) search.kinds |= data_kind(word);
      for (const std::string& pattern : rule.list("patterns")) {
        RE2::Options options;
        options.set_log_errors(false);
        auto compiled = std::make_shared<RE2>("(" + pattern + ")", options);
        if (compiled->ok() && !RE2::FullMatch("", *compiled))
          search.patterns.push_back(std::move(compiled));
        else
          complaints.push_back({&rule, "patterns", "\"" + pattern + "\" is no regular expression that finds something",
                                compiled->ok() ? "it matches the empty text" : compiled->error()});
      }
    }
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (!is_message(question.effect)) return;
    for (const Search& search : searches_) {
      if (!names(search.authors, question) || !within(search.sphere, question)) continue;
      if (question.retry && search.action == "redact") continue;  // its form is settled
      const std::vector<Found> found = find(search, judgement.text());
      if (found.empty()) continue;
      const std::string what = "the text has " + std::string(found.front().what);
      if (search.action == "deny") return judgement.deny(search.rule, what + ": leave it out");
      if (search.action == "approve") {
        if (!question.approved)
          judgement.hold_for(Awaits::approval, search.rule, what + ": a second person approves it");
      } else {
        judgement.rewrite(search.rule, blotted(judgement.text(), found), what + ", which is blotted out");
      }
    }
  }

 private:
  struct Search {
    std::string_view rule;
    std::array<bool, 3> authors{};
    Sphere sphere = Sphere::both;
    std::string action;
    unsigned kinds = 0;
    std::vector<std::shared_ptr<const RE2>> patterns;
  };

  static std::vector<Found> find(const Search& search, std::string_view text) {
    std::vector<Found> found = find_personal_data(text, search.kinds);
    for (const auto& pattern : search.patterns) {
      re2::StringPiece rest(text.data(), text.size()), match;
      while (RE2::FindAndConsume(&rest, *pattern, &match))
        if (!match.empty())
          found.push_back({static_cast<std::size_t>(match.data() - text.data()), match.size(), "what a pattern names"});
    }
    return found;
  }

  static std::string blotted(std::string_view text, std::vector<Found> found) {
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.at < b.at; });
    std::string out;
    std::size_t from = 0;
    for (const Found& each : found) {
      if (each.at < from) {  // two kinds overlap: one blot for both
        from = std::max(from, each.at + each.size);
        continue;
      }
      out.append(text.substr(from, each.at - from)).append(kBlot);
      from = each.at + each.size;
    }
    return out.append(text.substr(from));
  }

  std::vector<Search> searches_;
};

}  // namespace

const RuleKind kPersonalData = {"personal_data",
                                true,
                                true,
                                "Personal data that should not be in a message, least of all in public.",
                                kParameters,
                                make<PersonalData>};

}  // namespace postern::core::policy
