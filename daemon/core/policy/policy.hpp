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
#include "core/policy/text.hpp"

namespace postern::core::policy {

/// Who speaks. Set by the broker from who asked, never by a plugin.
enum class Author : std::uint8_t { human, bot, campaign };
std::string_view name(Author author);
std::optional<Author> parse_author(std::string_view word);

/// One limit on how often: at most `count` sends in any `per` microseconds.
struct RateLimit {
  std::string_view rule;  ///< interned id: "msgr.rate-account"
  enum class Scope : std::uint8_t { account, contact } scope = Scope::account;
  std::int64_t count = 0;
  Micros per = 0;
  /// What it counts: whatever is sent; messages and comments, but no typing, read marks, reactions or hiding; the
  /// private replies to comments; messages with an attachment.
  enum class Applies : std::uint8_t { all, private_reply, media, message } applies = Applies::all;
};

/// How long after the contact's last act an author may write, and under which tag.
struct Window {
  std::string_view rule;
  Author author = Author::bot;
  Micros length = 0;     ///< 0: for ever, once the contact has written
  std::string_view tag;  ///< interned; empty: no tag needed. Only ever given to a human
};

/// What one platform allows, as dated data. Zero or empty means "no such limit".
struct PackData {
  std::string_view platform, version;  ///< interned: "messenger", "2026-09"
  std::string source;                  ///< where the rules come from
  Micros shelf_life_ends = 0;          ///< wall time after which status warns
  std::string_view hash;               ///< interned: first 16 hex of SHA-256 of the rule set
  std::vector<Window> windows;         ///< no window at all: no such limit; none for an author: it may not write
  std::string_view text_rule;
  Unit text_unit = Unit::codepoints;
  std::int64_t text_max = 0, comment_max = 0;  ///< private text in text_unit, public text in comment_unit
  bool text_split = true;                      ///< too long: split at sentences, else deny
  std::string_view comment_rule;
  Unit comment_unit = Unit::codepoints;
  std::string_view attachments_rule;
  std::vector<std::string> attachments;  ///< allowed types; empty: none
  std::string_view quick_replies_rule;
  std::int64_t quick_replies_max = 0, quick_reply_title_max = 0;  ///< a title counts in code points
  std::int64_t quick_reply_payload_max = 0;                       ///< in bytes
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
  std::vector<std::string> texts;  ///< transform, or hold of such a text: its parts, in order; else empty
  std::string_view tag;            ///< to be put on the message; interned
};
std::string_view name(Verdict::Outcome outcome);

/// The rules are asked in this order; the first that objects decides.
///   1. May this author write to this person now? A private reply: its time after the comment, and once per comment. A
///      public reply: always. Anything else: the windows. A human gets the shortest window that still holds, so that a
///      tag is used only where one is needed; a bot or campaign never gets a tag, whatever the pack says; typing, read
///      marks and reactions cannot carry one. A window holds until the instant at which it ends, not at it.
///   2. The form, not on a retry: something to say; attachments; quick replies; the length of the text. A private text
///      that is too long is split, if the pack says so; a comment or a private reply never is, since both are one.
///   3. The rates: hold until the last of them has room.
class Pack {
 public:
  explicit Pack(PackData data);
  const PackData& data() const { return data_; }
  /// Judges one outbound effect. Does not count it: `count` does, when the part is sent.
  Verdict judge(const Question& question, const RateBook& rates) const;
  /// Counts what is sent now against each limit that applies to it.
  void count(const Question& question, RateBook& rates) const;
  /// The longest time over which a limit counts; 0: there is none.
  Micros rates_look_back() const;
  /// "allow/msgr.window:59058ea978258e2f", as it stands in the leaf's `d`.
  std::string decision(const Verdict& verdict) const;

 private:
  bool admit(const Question& question, Verdict& verdict) const;
  bool admit_private_reply(const Question& question, Verdict& verdict) const;
  bool fits(const Question& question, Verdict& verdict) const;
  bool fits_text(const Question& question, Verdict& verdict) const;
  void pace(const Question& question, const RateBook& rates, Verdict& verdict) const;

  PackData data_;
  std::string_view nothing_objects_;  ///< "msgr.allow"
};

}  // namespace postern::core::policy
