// SPDX-License-Identifier: Apache-2.0
// The body of msg.out.intent and policy.hold, read back. It holds what is said, whole, so that the outbox needs no
// content of its own, and a start can tell what was sent lately.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.hpp"
#include "core/policy/policy.hpp"

namespace postern::core {

struct Intent {
  EffectKind effect = EffectKind::reply;
  policy::Author author = policy::Author::bot;
  bool ack = false;
  std::string purpose;    ///< empty: service
  Micros comment_at = 0;  ///< when the event was made that it answers; 0: it answers none
  struct Piece {
    std::string content;  ///< JSON of the task's "part"
    bool media = false;
  };
  std::vector<Piece> pieces;  ///< one a part, in order
};

/// Nothing: it is not the body of an intent.
std::optional<Intent> parse_intent(std::string_view body);

}  // namespace postern::core
