// SPDX-License-Identifier: Apache-2.0
// A policy pack as a file: config/policies/<platform>/<version>.toml.
#pragma once
#include <optional>

#include "config/node.hpp"
#include "core/policy/policy.hpp"

namespace postern::config {

/// One rule set out of a document. `hash` is over the content, not over the text: comments and the order of keys do
/// not change it. A profile needs not have what every platform's pack has. Nothing if there was a problem.
std::optional<core::policy::PackData> read_pack(const Node& document, Problems& problems, bool is_profile = false);

}  // namespace postern::config
