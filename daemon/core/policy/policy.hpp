// SPDX-License-Identifier: Apache-2.0
// Policy: may this leave, now, in this form? A pure function of the question and of data (a pack), so that the same
// question always gets the same verdict and anybody can ask why.
#pragma once
#include <bitset>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/policy/rule.hpp"
#include "core/policy/stop_words.hpp"

namespace postern::core::policy {

/// What one platform allows, as dated data.
struct PackData {
  std::string_view platform, version;  ///< interned: "messenger", "2026-09"
  std::string source;                  ///< where the rules come from
  Micros shelf_life_ends = 0;          ///< wall time after which status warns
  std::string_view hash;               ///< interned: first 16 hex of SHA-256 of the rule set
  std::vector<Rule> rules;

  /// Adds a rule; what a file must say and a test need not may be left out. For packs that are made in code.
  PackData& add(std::string_view kind, std::string_view id,
                std::initializer_list<std::pair<std::string_view, Rule::Value>> values);
};

/// First 16 hex digits of SHA-256 over all that the rules say, in a fixed order.
std::string content_hash(const PackData& data);

/// The rules of a platform, compiled. Immutable; any thread.
class Pack {
 public:
  /// `complaints`, if not null, gets what is wrong with single rules; they are then asked as far as they can be.
  explicit Pack(PackData data, std::vector<Complaint>* complaints = nullptr);
  Pack(const Pack&) = delete;
  Pack& operator=(const Pack&) = delete;
  const PackData& data() const { return data_; }
  /// Judges one outbound effect. Does not count it: `count` does, when the part is sent. With `all`, rules are asked
  /// on after one that denies, and those that let it pass are among those that spoke.
  Verdict judge(const Question& question, const RateBook& rates, bool all = false) const;
  /// Counts what is sent now against each limit that applies to it; without a book it only says for how long the
  /// longest of them counts it. 0: none does.
  Micros count(const Question& question, RateBook* rates) const;
  /// The longest time, up to `most`, over which a limit counts; 0: there is none.
  Micros rates_look_back(Micros most = std::numeric_limits<Micros>::max()) const;
  /// The cap on promotion, whose count is shared by all packs; a count of 0: there is none.
  RateLimit promotions() const;
  /// What `sameness` knows a text by; 0: the pack does not compare such texts.
  std::int64_t text_hash(std::string_view text) const;
  /// "allow/msgr.window:59058ea978258e2f", as it stands in the leaf's `d`.
  std::string decision(const Verdict& verdict) const;
  /// Does an event of this kind open the window, where the platform's codec says that it may?
  bool opens(Kind kind) const { return !has_opening_ || opening_.test(static_cast<std::size_t>(kind)); }
  /// Has the pack a rule of this kind?
  bool has(std::string_view kind) const;
  /// STOP or START, if the pack has a rule that minds it.
  Wish wish(std::string_view said) const {
    return stop_ == nullptr || said.empty() ? Wish::none : wish_of(said, stop_->list("words"));
  }

 private:
  struct Asked {
    bool again;
    std::unique_ptr<const Evaluator> evaluator;
  };
  PackData data_;
  std::vector<Asked> asked_;          ///< in the order of rule_kinds()
  std::string_view nothing_objects_;  ///< "msgr.allow"
  const Rule* stop_ = nullptr;        ///< in data_
  const Rule* promotion_ = nullptr;   ///< likewise
  std::int64_t compares_from_ = 0;    ///< the bytes from which on texts are compared; 0: they are not
  std::bitset<32> opening_;
  bool has_opening_ = false;
};

}  // namespace postern::core::policy
