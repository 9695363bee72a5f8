// SPDX-License-Identifier: Apache-2.0
// A record as the core decides it: everything that goes into the leaf except what only the writer can know (the hash
// and length of the sealed body). Fields by their letter: docs/ledger-format.md.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "core/event.hpp"

namespace postern::core {

inline constexpr std::int64_t kNone = -1;

struct Record {
  std::int64_t index = kNone;          ///< i: its place in the log, final when the core hands it over
  Micros wall = 0, boot = 0;           ///< t and m
  std::array<char, 8> boot_id{};       ///< b
  std::string_view type;               ///< k: "msg.in", …; static text
  std::string_view outcome = "ok";     ///< o: ok, refused, failed, unknown, deferred
  std::string_view actor = "system";   ///< a; interned
  std::string_view account, platform;  ///< w, p; interned; empty if the record belongs to none
  Id contact{};                        ///< s: whose key seals the body; none: the record has no subject
  Id conversation{};                   ///< c
  Id message{};                        ///< x
  std::int64_t cause = kNone;          ///< r
  std::string decision;                ///< d: "allow/msgr.window:59058ea978258e2f"
  std::string_view retention;          ///< f: the class; static text; needed where there is a body
  std::optional<std::int64_t> count;   ///< q
  std::vector<std::pair<std::string_view, std::string>> extra;  ///< arguments of the type, keys longer than one letter
  std::optional<std::pair<std::int64_t, std::int64_t>> range;   ///< from and to of a retention.purged: records
  Text body;                                                    ///< what is sealed; null: no body
};

}  // namespace postern::core
