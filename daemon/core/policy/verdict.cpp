// SPDX-License-Identifier: Apache-2.0
#include "core/policy/verdict.hpp"

#include <array>

namespace postern::core::policy {

std::string_view name(Author author) {
  static constexpr std::array<std::string_view, 3> kNames = {"human", "bot", "campaign"};
  return kNames[static_cast<std::size_t>(author)];
}

std::optional<Author> parse_author(std::string_view word) {
  for (const Author author : {Author::human, Author::bot, Author::campaign})
    if (name(author) == word) return author;
  return std::nullopt;
}

std::string_view word(const Words* words, std::string_view name) {
  if (words == nullptr) return {};
  const auto at = words->find(name);
  return at == words->end() ? std::string_view() : std::string_view(at->second);
}

std::string_view name(Outcome outcome) {
  static constexpr std::array<std::string_view, 4> kNames = {"allow", "transform", "hold", "deny"};
  return kNames[static_cast<std::size_t>(outcome)];
}

std::string_view name(Awaits awaits) {
  static constexpr std::array<std::string_view, 3> kNames = {"time", "consent", "approval"};
  return kNames[static_cast<std::size_t>(awaits)];
}

Verdict refusal(std::string_view rule, std::string reason) {
  Verdict verdict;
  verdict.outcome = Outcome::deny;
  verdict.rule = rule;
  verdict.spoken.push_back({rule, Outcome::deny, reason, 0});
  verdict.reason = std::move(reason);
  return verdict;
}

Judgement::Judgement(const Question& asked, const RateBook& book, std::string_view nothing_objects, bool ask_all)
    : question(asked), rates(book), all(ask_all) {
  verdict_.rule = nothing_objects;
}

void Judgement::decide(Outcome outcome, std::string_view rule, const std::string& reason) {
  if (outcome < verdict_.outcome) return;
  verdict_.outcome = outcome;
  verdict_.rule = rule;
  verdict_.reason = reason;
}

void Judgement::deny(std::string_view rule, std::string reason, Micros until) {
  if (!denied()) {  // the first that denies decides
    decide(Outcome::deny, rule, reason);
    verdict_.until = until;
    verdict_.tag = {};
    verdict_.awaits = Awaits::time;
  }
  verdict_.spoken.push_back({rule, Outcome::deny, std::move(reason), until});
}

void Judgement::hold(std::string_view rule, Micros until, std::string reason) {
  const bool first = verdict_.outcome < Outcome::hold;
  const bool longer = verdict_.outcome == Outcome::hold && verdict_.awaits == Awaits::time && until > verdict_.until;
  if (first || longer) {
    decide(Outcome::hold, rule, reason);
    verdict_.until = until;
  }
  verdict_.spoken.push_back({rule, Outcome::hold, std::move(reason), until});
}

void Judgement::hold_for(Awaits what, std::string_view rule, std::string reason) {
  if (verdict_.outcome < Outcome::hold || (verdict_.outcome == Outcome::hold && what > verdict_.awaits)) {
    decide(Outcome::hold, rule, reason);
    verdict_.until = 0;
    verdict_.awaits = what;
  }
  verdict_.spoken.push_back({rule, Outcome::hold, std::move(reason), 0});
}

void Judgement::warn(std::string_view rule, std::string reason) {
  verdict_.spoken.push_back({rule, Outcome::allow, std::move(reason), 0});
}

void Judgement::admit(std::string_view rule, Micros until, std::string_view tag) {
  admitted_ = true;
  if (all) verdict_.spoken.push_back({rule, Outcome::allow, {}, until});
  if (verdict_.outcome != Outcome::allow) return;
  verdict_.rule = rule;
  verdict_.until = until;
  verdict_.tag = tag;
}

void Judgement::rewrite(std::string_view rule, std::string text, std::string reason) {
  if (question.has_template) return deny(rule, reason + "; a template goes out as it is: fill it otherwise");
  rewritten_ = std::move(text);
  decide(Outcome::transform, rule, reason);
  verdict_.spoken.push_back({rule, Outcome::transform, std::move(reason), 0});
}

void Judgement::split(std::string_view rule, std::vector<std::string> parts, std::string reason) {
  verdict_.texts = std::move(parts);
  decide(Outcome::transform, rule, reason);
  verdict_.spoken.push_back({rule, Outcome::transform, std::move(reason), 0});
}

Verdict Judgement::finish() {
  if (rewritten_ && verdict_.texts.empty()) verdict_.texts.push_back(std::move(*rewritten_));
  return std::move(verdict_);
}

}  // namespace postern::core::policy
