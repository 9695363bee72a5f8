// SPDX-License-Identifier: Apache-2.0
// Cases as data: a question to a pack, and the verdict that somebody expects. For `posternctl policy test` and for the
// golden tables of the shipped packs; docs/policy.md lists the keys.
#pragma once
#include <string>
#include <string_view>

#include "config/node.hpp"
#include "core/policy/policy.hpp"

namespace postern::config {

struct CaseResult {
  std::string difference;  ///< "deny by x.window, not allow by x.open"; empty: as expected
  std::string_view rule;   ///< that decided
};

/// Asks the case as of `now`. A key that is not known, or a value that is none, becomes a problem.
CaseResult ask_policy_case(const core::policy::Pack& pack, const Node& entry, Micros now, Problems& problems);

}  // namespace postern::config
