// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "core/policy/policy.hpp"

namespace postern::core::policy {

/// All that the rules of a pack say, in a fixed order: each text as `<length>:<bytes>,`. The first 16 hex digits of its
/// SHA-256 are the pack's hash, so who holds this text can prove under which rules a verdict was made.
std::string content_text(const PackData& data);

}  // namespace postern::core::policy
