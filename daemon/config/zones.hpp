// SPDX-License-Identifier: Apache-2.0
// Time zones from the system's tables, as the data that policy computes with.
#pragma once
#include <memory>

#include "core/policy/zones.hpp"

namespace postern::config {

/// All zones of the system's time zone database, from 2020 to 2045. Reads it once, at the first call; at start and
/// reload only. Empty where the system has none: then every zone is UTC.
std::shared_ptr<const core::policy::Zones> system_zones();

}  // namespace postern::config
