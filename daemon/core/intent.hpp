// SPDX-License-Identifier: Apache-2.0
// The body of msg.out.intent and policy.hold, read back. It holds what is said, whole, so that the outbox needs no
// content of its own, and a start can tell what was sent lately.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/conversation.hpp"
#include "core/image.hpp"
#include "core/policy/policy.hpp"

namespace postern::core {

struct Intent {
  EffectKind effect = EffectKind::reply;
  policy::Author author = policy::Author::bot;
  bool ack = false, of_refusal = false;  ///< of_refusal: as in Part
  std::string purpose;                   ///< empty: service
  Micros comment_at = 0;                 ///< when the event was made that it answers; 0: it answers none
  std::int64_t text_hash = 0;            ///< of the text as it was asked for, where a rule compares texts; 0: none does
  std::string tag;                       ///< that its parts bear
  std::string to_comment;                ///< the platform's id of the comment that it answers
  struct Piece {
    std::string content;  ///< JSON of the task's "part"
    std::string text;
    bool media = false;
  };
  std::vector<Piece> pieces;  ///< one a part, in order
  std::vector<Attachment> attachments;
  std::vector<QuickReply> quick_replies;
  std::string form;  ///< a template, as in Effect

  /// What was said, in one: of a text that was split, the whole.
  Effect whole() const;
};

/// Nothing: it is not the body of an intent.
std::optional<Intent> parse_intent(std::string_view body);
/// Fills in what its intent says of an attempt to send part `number`. `in_public`: is its conversation public?
void describe(PastAttempt& attempt, const Intent& intent, std::int64_t number, bool in_public);
/// What a part says, by its content: a template's words, too.
std::string said_by(const Part& part);
/// The purpose in the body of consent.granted or consent.revoked, where a handler has told of it; else it is an event.
std::optional<std::string> parse_consent(std::string_view body);

}  // namespace postern::core
