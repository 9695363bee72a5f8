// SPDX-License-Identifier: Apache-2.0
// A record as a person reads it: who, when, what was said, what became of it. Every form of an export is made of these.
// Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "ledger/format/leaf.hpp"

namespace postern::bag {

struct Line {
  std::uint64_t index = 0;
  Micros at = 0;
  std::string type, outcome, actor, account, platform, conversation, contact, decision;  ///< as the leaf has them
  std::optional<std::int64_t> cause;
  enum class Side { contact, brand, note } side = Side::note;  ///< whose words they are; note: nobody's
  std::string author;                                          ///< by name where one is known
  std::string text;                                            ///< what a person saw; empty: nothing
  std::string body;                                            ///< the JSON that was sealed, on one line; empty: none
  bool erased = false;                                         ///< there was a body, and it is gone
};

/// `body` is null where there is none or no longer; `name` is what the contact is called where the body does not say.
Line line_of(const ledger::Leaf& leaf, const std::string* body, std::string_view name);

/// One JSON object without a line feed: every field by name, the body as it was sealed.
std::string json_of(const Line& line);

}  // namespace postern::bag
