// SPDX-License-Identifier: Apache-2.0
// Policy: may this leave, now, in this form? A pure function of the question and of data (a pack), so that the same
// question always gets the same verdict and anybody can ask why.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/effect.hpp"

namespace postern::core::policy {

/// Who speaks. Set by the broker from who asked, never by a plugin.
enum class Author : std::uint8_t { human, bot, campaign };
std::string_view name(Author author);

enum class Unit : std::uint8_t { codepoints, bytes, utf16 };

/// One limit on how often: at most `count` sends in `per` microseconds.
struct RateLimit {
  std::string_view rule;  ///< interned id: "msgr.rate-account"
  enum class Scope : std::uint8_t { account, contact } scope = Scope::account;
  std::int64_t count = 0;
  Micros per = 0;
  enum class Applies : std::uint8_t { all, private_reply, media } applies = Applies::all;
};

/// How long after the contact's last act an author may write, and under which tag.
struct Window {
  std::string_view rule;
  Author author = Author::bot;
  Micros length = 0;     ///< 0: no limit
  std::string_view tag;  ///< interned; empty: no tag needed. Only ever given to a human
};

/// What one platform allows, as dated data. Zero or empty means "no such limit".
struct PackData {
  std::string_view platform, version;  ///< interned: "messenger", "2026-09"
  std::string source;                  ///< where the rules come from
  Micros shelf_life_ends = 0;          ///< wall time after which status warns
  std::string_view hash;               ///< interned: first 16 hex of SHA-256 of the rule set
  std::vector<Window> windows;         ///< tried in order of length for the author
  std::string_view text_rule;
  Unit text_unit = Unit::codepoints;
  std::int64_t text_max = 0, comment_max = 0;  ///< private and public text, in text_unit
  bool text_split = true;                      ///< too long: split at sentences, else deny
  std::string_view comment_rule;
  std::string_view attachments_rule;
  std::vector<std::string> attachments;  ///< allowed types; empty: none
  std::string_view quick_replies_rule;
  std::int64_t quick_replies_max = 0, quick_reply_title_max = 0;
  std::string_view private_reply_rule;
  Micros private_reply_within = 0;  ///< after the comment
  bool private_reply_once = true;
  std::vector<RateLimit> rates;
  struct Source {
    std::string_view rule;
    std::string source, text;
  };
  std::vector<Source> rules;  ///< every rule id with its source and a sentence, for explain
};

/// What was sent lately, for the rate limits. Deterministic; owned by the core.
class RateBook;

struct Question {
  Author author = Author::bot;
  EffectKind effect = EffectKind::reply;
  bool public_ = false;  ///< is it a public reply
  std::string_view text;
  const std::vector<Attachment>* attachments = nullptr;    ///< may be null
  const std::vector<QuickReply>* quick_replies = nullptr;  ///< may be null
  Micros now = 0;
  Micros last_user = 0;                   ///< newest act that opens the window; 0: none ever
  Micros comment_at = 0;                  ///< private_reply: when the comment was made
  bool comment_replied = false;           ///< private_reply: one was sent already, or may have been
  std::int64_t account = 0, contact = 0;  ///< keys of the rate book
  bool retry = false;                     ///< a further attempt: its shape is settled, only time and rates can say no
};

struct Verdict {
  enum class Outcome : std::uint8_t { allow, transform, hold, deny } outcome = Outcome::allow;
  std::string_view rule;           ///< the rule that decided (interned); "<prefix>.allow" where none objected
  std::string reason;              ///< for people: what, why, what to do. No customer's words
  Micros until = 0;                ///< hold: the instant; deny by window: 0. Also the instant at which allow ends
  std::vector<std::string> texts;  ///< transform: the text in parts, in order; else empty
  std::string_view tag;            ///< to be put on the message; interned
};
std::string_view name(Verdict::Outcome outcome);

class Pack {
 public:
  explicit Pack(PackData data) : data_(std::move(data)) {}
  const PackData& data() const { return data_; }
  /// Judges one outbound effect. Does not count it: RateBook::take does, when the part is sent.
  Verdict judge(const Question& question, const RateBook& rates) const;
  /// "allow/msgr.window:59058ea978258e2f", as it stands in the leaf's `d`.
  std::string decision(const Verdict& verdict) const;

 private:
  PackData data_;
};

/// Splits so that joining the parts gives the text again, each part at most `max` units; at paragraphs, else at
/// sentences, else at spaces, never inside a grapheme cluster (unless one alone is longer than `max`).
std::vector<std::string> split(std::string_view text, Unit unit, std::int64_t max);
std::int64_t length(std::string_view text, Unit unit);

}  // namespace postern::core::policy
