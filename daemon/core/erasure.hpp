// SPDX-License-Identifier: Apache-2.0
// What is under way with content that has to go, or must not.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/input.hpp"
#include "core/row.hpp"

namespace postern::core {

inline constexpr std::size_t kMostApprovals = 10'000;  ///< that may be waited for

/// A contact that is to be erased.
struct Erasure {
  ErasureRow row;
  std::vector<Command> waiting;  ///< who wants to hear of its end
};

/// A contact that is looked for.
struct Search {
  Command command;
  std::int64_t request = kNone;  ///< of an erasure that is put off; none: the command asks
  std::uint64_t wish = 0;        ///< of a platform, for which it is looked for; 0: of none
};

/// What a hold may cover.
struct Held {
  std::string_view account;
  Id contact{}, conversation{};
};

/// A look through the log for what is past its time.
struct Purge {
  bool dry = false;
  std::int64_t bodies = 0, held = 0;  ///< that have gone, or would; that a hold keeps
  std::int64_t last = kNone;          ///< the last record of it
  std::vector<Command> waiting;
};

}  // namespace postern::core
