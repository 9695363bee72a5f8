// SPDX-License-Identifier: Apache-2.0
// Policy packs as an admin names them: a file, or PLATFORM/VERSION of the configured folders.
#pragma once
#include <memory>
#include <string>

#include "core/policy/policy.hpp"
#include "session.hpp"

namespace postern::ctl {

/// `profile`: an industry's rules that are added; empty: none. Throws Failure, with every mistake of the files.
std::shared_ptr<const core::policy::Pack> read_pack(const Session& session, const std::string& name,
                                                    const std::string& profile = {});

}  // namespace postern::ctl
