// SPDX-License-Identifier: Apache-2.0
// What policy is asked: a message, and all that is known of the conversation, the contact and the time.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/policy/zones.hpp"

namespace postern::core::policy {

/// Who speaks. Set by the broker from who asked, never by a plugin.
enum class Author : std::uint8_t { human, bot, campaign };
std::string_view name(Author author);
std::optional<Author> parse_author(std::string_view word);

using Words = std::map<std::string, std::string, std::less<>>;

/// Empty where there is no such word, or no words at all.
std::string_view word(const Words* words, std::string_view name);

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
  bool any_text = false;                  ///< no text is given: a rule that asks for words only says so
  std::int64_t person = 0;                ///< key of all contacts that are known to be one; 0: the contact alone
  bool retry = false;                     ///< a further attempt, of one part: its form is settled, `text` is the part's
  std::int64_t message = 0;               ///< key of what a cap counts once; 0: it is new

  std::string_view purpose = "service";  ///< what it is for: service, marketing, survey …; a campaign's is marketing
  bool has_template = false;             ///< it is one of the platform's approved templates
  std::int64_t text_hash = 0;            ///< of the whole message's text, where `text` is not at hand; 0: of `text`

  // The rest is known of conversation and contact. The defaults are those of a contact of whom nothing is known.
  std::int64_t since_user = 0;      ///< messages sent since the contact's last act
  std::int64_t public_turns = 0;    ///< public replies in this conversation
  std::int64_t participants = 0;    ///< of a group, ourselves included; 0: not a group, or not known
  bool follows = false;             ///< the contact follows the account
  bool likes = false;               ///< the contact has liked the account
  bool opted_in = false;            ///< the platform has told of an opt-in
  bool asks = false;                ///< the contact's first message lies among the requests, and nobody has accepted it
  bool written_to = false;          ///< the account has sent the contact something before
  bool disclosed = false;           ///< the contact has been told that a machine answers
  bool approved = false;            ///< a second person has let it pass
  const Words* consents = nullptr;  ///< purpose -> "granted" or "revoked"; null: none
  const Words* attributes = nullptr;                              ///< of the contact; null: none
  const Zones* zones = nullptr;                                   ///< null: UTC alone is known
  const std::vector<std::uint64_t>* said_in_private = nullptr;    ///< fingerprints, ascending; null: nothing
  const std::array<std::uint64_t, 2>* fingerprint_key = nullptr;  ///< null: no fingerprints can be made
};

/// Is it a message or comment: not typing, a read mark, a reaction or hiding?
constexpr bool is_message(EffectKind kind) {
  return kind <= EffectKind::private_reply;
}
constexpr bool is_public(const Question& question) {
  return question.public_ || question.effect == EffectKind::comment_reply || question.effect == EffectKind::hide;
}
inline std::size_t attachments_of(const Question& question) {
  return question.attachments == nullptr ? 0 : question.attachments->size();
}

}  // namespace postern::core::policy
