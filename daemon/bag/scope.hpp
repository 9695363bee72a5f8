// SPDX-License-Identifier: Apache-2.0
// Which records an export is about.
#pragma once
#include <limits>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/clock.hpp"

namespace postern::bag {

/// What is not said does not narrow it. All that is said has to hold.
struct Scope {
  std::string account;
  Id contact{}, conversation{};
  std::optional<std::int64_t> record = std::nullopt;             ///< this one alone
  Micros since = 0, until = std::numeric_limits<Micros>::max();  ///< since ≤ t < until, as the leaf says

  /// Is it the whole ledger?
  bool whole() const { return *this == Scope(); }
  bool in_time(Micros t) const { return since <= t && t < until; }
  bool operator==(const Scope&) const = default;
  /// One line for a person: "account acme, since 2026-01-01T00:00:00.000Z"; "everything".
  std::string text() const;
};

}  // namespace postern::bag
