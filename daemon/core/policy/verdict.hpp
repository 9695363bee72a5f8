// SPDX-License-Identifier: Apache-2.0
// What policy says to a question, and how rules come to it together.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/policy/question.hpp"

namespace postern::core::policy {

class RateBook;

/// What one rule says. `allow` with a reason is a warning.
enum class Outcome : std::uint8_t { allow, transform, hold, deny };
std::string_view name(Outcome outcome);

/// What a hold waits for.
enum class Awaits : std::uint8_t { time, consent, approval };
std::string_view name(Awaits awaits);

struct Spoken {
  std::string_view rule;  ///< interned
  Outcome outcome = Outcome::allow;
  std::string reason;  ///< for people: what, why, what to do. No customer's words
  Micros until = 0;    ///< hold, deny: until when; allow: when that ends; 0: no such instant
};

struct Verdict {
  using Outcome = policy::Outcome;
  Outcome outcome = Outcome::allow;
  std::string_view rule;  ///< the rule that decided (interned); "<prefix>.allow" where none objected
  std::string reason;     ///< of that rule
  Micros until = 0;       ///< hold: the instant; deny: from when on it would be another, 0 where only the contact
                          ///< or a person can change that. Also the instant at which allow ends
  Awaits awaits = Awaits::time;
  std::vector<std::string> texts;  ///< as it goes out, in parts, in order; empty: the question's text, unchanged
  std::optional<std::vector<Attachment>> attachments;  ///< as they go out; none: the question's, unchanged
  std::string_view tag;                                ///< to be put on the message; interned
  std::vector<Spoken> spoken;                          ///< every rule that spoke, in the order in which they are asked
};

/// What the core itself says where there is nothing that rules could be asked about.
Verdict refusal(std::string_view rule, std::string reason);

/// A verdict in the making. Rules are asked one after another and speak here; each sees the text as those before it
/// have left it. The strongest outcome decides; of two holds the longer, and one that waits for a person before one
/// that waits for time.
class Judgement {
 public:
  /// With `all`, rules are asked on after a deny (for explain). Question and rates outlive it.
  Judgement(const Question& question, const RateBook& rates, std::string_view nothing_objects, bool all = false);

  const Question& question;
  const RateBook& rates;
  const bool all;

  std::string_view text() const { return rewritten_ ? std::string_view(*rewritten_) : question.text; }
  const std::vector<Attachment>* attachments() const {
    return verdict_.attachments ? &*verdict_.attachments : question.attachments;
  }
  bool denied() const { return verdict_.outcome == Outcome::deny; }
  /// Has a rule already let the author write to this person? Windows are then not asked.
  bool admitted() const { return admitted_; }

  /// `until`: when the rule will say something else, whatever anybody does; 0: it never will by itself.
  void deny(std::string_view rule, std::string reason, Micros until = 0);
  void hold(std::string_view rule, Micros until, std::string reason);
  void hold_for(Awaits what, std::string_view rule, std::string reason);
  void warn(std::string_view rule, std::string reason);
  /// A rule that lets it pass and names itself as the reason; ends at `until`.
  void admit(std::string_view rule, Micros until, std::string_view tag = {});
  /// The message goes out with this text. A template cannot be changed, so it is denied.
  void rewrite(std::string_view rule, std::string text, std::string reason);
  void replace_attachments(std::vector<Attachment> attachments) { verdict_.attachments = std::move(attachments); }
  void split(std::string_view rule, std::vector<std::string> parts, std::string reason);
  Verdict finish();

 private:
  void decide(Outcome outcome, std::string_view rule, const std::string& reason);

  Verdict verdict_;
  std::optional<std::string> rewritten_;
  bool admitted_ = false;
};

}  // namespace postern::core::policy
