// SPDX-License-Identifier: Apache-2.0
// The section [roles] as the kernel's numbers. Main's thread, at start and reload: it asks the system's user database.
#pragma once
#include <vector>

#include "config/config.hpp"
#include "control/roles.hpp"

namespace postern::service {

/// A group's role goes to who has it as the primary group, and to the members that the database lists now. A name that
/// the machine does not know is a problem.
control::Roles local_roles(const std::vector<config::RoleSection>& sections, config::Problems& problems);

}  // namespace postern::service
