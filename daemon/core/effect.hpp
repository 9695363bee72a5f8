// SPDX-License-Identifier: Apache-2.0
// What a handler (or an agent, by a command) asks for, read once. Schema: plugin-api/schema/effect.schema.json.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::core {

enum class EffectKind : std::uint8_t {
  reply,
  send,
  comment_reply,
  private_reply,
  typing,
  seen,
  react,
  hide,  // these go to a platform
  note,
  tag,
  untag,
  set,
  assign,
  release,
  priority,
  sla,
  escalate,
  consent,
  schedule,
  cancel,
  fetch,
  notify,
  close,
  reopen,
  state,
};
std::string_view name(EffectKind kind);
std::optional<EffectKind> parse_effect_kind(std::string_view word);

struct Attachment {
  std::string type, url, title;
  std::int64_t size = 0;  ///< in bytes; 0: not known
};
struct QuickReply {
  std::string title, payload;
};

struct Effect {
  EffectKind kind = EffectKind::note;
  bool ack = false;            ///< reply: only an acknowledgement, the turn stays open
  bool contact_scope = false;  ///< set: an attribute of the contact, not of the conversation
  std::int64_t number =
      0;  ///< priority; sla: microseconds from now; schedule: microseconds from now, or, if `at`, the instant
  bool at = false;
  std::string text;   ///< the text; the tag; the reason; the name of set; the id of schedule and cancel; state's JSON
  std::string value;  ///< set: the value; assign, escalate: to whom; react: the emoji; send: the conversation
  std::string reply_to;
  std::string
      purpose;  ///< of a message: marketing, survey …; empty: service, or a campaign's marketing. Of a consent: its
  std::string form;   ///< of a message: JSON of the platform's approved template that stands in place of a text
  std::string words;  ///< what fills its gaps, one a line
  std::vector<Attachment> attachments;
  std::vector<QuickReply> quick_replies;

  /// What we say by it, and policy reads: of a template only what fills its gaps is ours.
  const std::string& said() const { return form.empty() ? text : words; }
};

/// What fills the gaps of a template, which is JSON: what of it is ours.
std::string words_of_form(std::string_view form);

/// At most 10 attachments, 13 quick replies, 64 KiB of text; what breaks the schema is refused with the field's name.
Result<Effect> parse_effect(std::string_view json);

/// Is it something that a person at the platform could see, so that policy must judge it?
constexpr bool is_outbound(EffectKind kind) {
  return kind <= EffectKind::hide;
}

/// Can it answer the event that is being handled?
constexpr bool is_answer(EffectKind kind) {
  return kind <= EffectKind::private_reply && kind != EffectKind::send;
}

}  // namespace postern::core
