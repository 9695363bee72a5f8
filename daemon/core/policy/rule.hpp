// SPDX-License-Identifier: Apache-2.0
// What a kind of rule is. The table of all kinds (`rule_kinds`) is the one place from which packs are read, checked,
// asked and documented; a kind is a file in core/policy/kinds/ and a line in that table.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/policy/rate_book.hpp"
#include "core/policy/verdict.hpp"

namespace postern::core::policy {

inline constexpr std::int64_t kNoMost = std::numeric_limits<std::int64_t>::max();

/// A value that a rule has, declared once: `daemon/config` makes keys of the file out of it.
struct Parameter {
  enum class Type : std::uint8_t { text, integer, flag, duration, size, list };
  std::string_view name;
  Type type = Type::text;
  std::string_view standard = {};  ///< the default as it is written in a file; "": none
  bool required = false;
  std::string_view help = {};
  std::string_view words = {};             ///< the words that are allowed, "a|b|c"; empty: any
  std::int64_t least = 0, most = kNoMost;  ///< of an integer, a duration (microseconds) or a size (bytes)
};

/// One rule of a pack, as read: who it is and its values. Pure data.
struct Rule {
  using Value = std::variant<std::int64_t, std::string, std::vector<std::string>>;  // a flag is 0 or 1
  std::string_view kind;                                                            ///< interned: "window"
  std::string_view id;                                                              ///< interned: "msgr.window"
  std::string source, date, says;
  std::vector<std::pair<std::string_view, Value>> values;  ///< by the parameters' names

  std::int64_t number(std::string_view name) const;  ///< 0 where there is none
  bool flag(std::string_view name) const { return number(name) != 0; }
  const std::string& text(std::string_view name) const;
  const std::vector<std::string>& list(std::string_view name) const;
};

/// What is wrong with a rule that its parameters' types and ranges do not say.
struct Complaint {
  const Rule* rule;
  std::string_view parameter;
  std::string what, remedy;
};

/// The rules of one kind, ready to be asked. Immutable; any thread.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  virtual void ask(Judgement& judgement) const = 0;
  /// Counts what leaves now, if there is a book to count in. Returns for how long it counts at most; 0: not at all.
  virtual Micros count(const Question&, RateBook*) const { return 0; }
};

struct RuleKind {
  std::string_view name;  ///< the section of the file
  bool many = false;      ///< [[name]] rather than [name]
  bool again = false;     ///< asked at every attempt, not only when the form of a message is settled
  std::string_view help;
  std::span<const Parameter> parameters;
  /// `rules` are all of this kind, at least one. Adds what is wrong to `complaints` and goes on.
  std::unique_ptr<Evaluator> (*make)(std::span<const Rule> rules, std::vector<Complaint>& complaints);
};

/// All kinds, in the order in which they are asked.
std::span<const RuleKind> rule_kinds();
const RuleKind* rule_kind(std::string_view name);

/// "24 h", "7 d", "300 ms": the largest unit that leaves no rest.
std::string words(Micros length);
/// "the text has 12 bytes, the platform takes 10: shorten it"
std::string too_long(std::string_view what, std::int64_t found, std::int64_t max, std::string_view unit);

}  // namespace postern::core::policy
