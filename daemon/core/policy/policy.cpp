// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.hpp"

#include <algorithm>

#include "base/crypto.hpp"
#include "core/interned.hpp"
#include "core/policy/content.hpp"
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Micros kLongestCap = 31 * kDay;  // `per` of a promotion rule

}  // namespace

PackData& PackData::add(std::string_view kind, std::string_view id,
                        std::initializer_list<std::pair<std::string_view, Rule::Value>> values) {
  Rule rule;
  rule.kind = intern(kind);
  rule.id = intern(id);
  rule.values = values;
  rules.push_back(std::move(rule));
  return *this;
}

std::string content_text(const PackData& data) {
  std::string all;
  const auto add = [&](std::string_view text) { all += std::to_string(text.size()) + ":" + std::string(text) + ","; };
  add("postern/policy/v2"), add(data.platform), add(data.version), add(data.source);
  add(std::to_string(data.shelf_life_ends));
  for (const RuleKind& kind : rule_kinds())
    for (const Rule& rule : data.rules) {
      if (rule.kind != kind.name) continue;
      add(kind.name), add(rule.id), add(rule.source), add(rule.date), add(rule.says);
      // What is absent, zero or empty is left out, so that a new parameter does not change the hash of old packs.
      for (const Parameter& parameter : kind.parameters) {
        if (const std::int64_t number = rule.number(parameter.name)) add(parameter.name), add(std::to_string(number));
        if (const std::string& text = rule.text(parameter.name); !text.empty()) add(parameter.name), add(text);
        if (const auto& list = rule.list(parameter.name); !list.empty()) {
          add(parameter.name), add(std::to_string(list.size()));
          for (const std::string& item : list) add(item);
        }
      }
    }
  return all;
}

std::string content_hash(const PackData& data) {
  return hex(crypto::sha256(view(content_text(data)))).substr(0, 16);
}

Pack::Pack(PackData data, std::vector<Complaint>* complaints) : data_(std::move(data)) {
  const std::string_view any = data_.rules.empty() ? std::string_view() : data_.rules.front().id;
  const std::string_view prefix = any.substr(0, any.find('.'));
  nothing_objects_ = intern(std::string(prefix.empty() ? data_.platform : prefix) + ".allow");
  std::stable_sort(data_.rules.begin(), data_.rules.end(), [](const Rule& a, const Rule& b) {
    return rule_kind(a.kind) < rule_kind(b.kind);  // both point into the one table
  });
  std::vector<Complaint> unheard;
  for (auto first = data_.rules.begin(); first != data_.rules.end();) {
    const auto end = std::find_if(first, data_.rules.end(), [&](const Rule& rule) { return rule.kind != first->kind; });
    if (const RuleKind* kind = rule_kind(first->kind)) {
      auto evaluator = kind->make({first, end}, complaints == nullptr ? unheard : *complaints);
      if (evaluator) asked_.push_back({kind->again, std::move(evaluator)});
    }
    if (first->kind == "stop") stop_ = &*first;
    if (first->kind == "promotion") promotion_ = &*first;
    if (first->kind == "sameness") compares_from_ = std::max<std::int64_t>(1, first->number("least"));
    if (first->kind == "opens") {
      has_opening_ = true;
      for (const std::string& word : first->list("kinds"))
        if (Kind kind{}; parse(word, kind)) opening_.set(static_cast<std::size_t>(kind));
    }
    first = end;
  }
}

Verdict Pack::judge(const Question& question, const RateBook& rates, bool all) const {
  Judgement judgement(question, rates, nothing_objects_, all);
  for (const Asked& each : asked_) {
    if (question.retry && !each.again) continue;
    each.evaluator->ask(judgement);
    if (judgement.denied() && !all) break;
  }
  return judgement.finish();
}

Micros Pack::count(const Question& question, RateBook* rates) const {
  Micros longest = 0;
  for (const Asked& each : asked_) longest = std::max(longest, each.evaluator->count(question, rates));
  if (promotion_ != nullptr || question.purpose != "marketing" || !is_message(question.effect)) return longest;
  // A pack without a cap adds to those of the others: the person is courted all the same.
  if (rates != nullptr) rates->caps.take(rates->caps.shared(), person_of(question), question.message, question.now);
  return kLongestCap;
}

Micros Pack::rates_look_back(Micros most) const {
  Micros longest = 0;
  for (const Rule& rule : data_.rules) {
    const std::int64_t count = rule.number("count"), per = rule.number("per");
    const Micros span = count > 0 ? per + per * rule.number("burst") / count : 0;
    if (span <= most) longest = std::max(longest, span);
  }
  return longest;
}

RateLimit Pack::promotions() const {
  if (promotion_ == nullptr) return {};
  return {kPromotions, promotion_->number("count"), promotion_->number("per")};
}

std::int64_t Pack::text_hash(std::string_view text) const {
  const bool compares = compares_from_ != 0 && static_cast<std::int64_t>(text.size()) >= compares_from_;
  return compares ? policy::text_hash(text) : 0;
}

std::string Pack::decision(const Verdict& verdict) const {
  std::string out(name(verdict.outcome));
  out.append("/").append(verdict.rule).append(":").append(data_.hash);
  return out;
}

bool Pack::has(std::string_view kind) const {
  return std::any_of(data_.rules.begin(), data_.rules.end(), [&](const Rule& rule) { return rule.kind == kind; });
}

}  // namespace postern::core::policy
