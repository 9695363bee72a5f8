// SPDX-License-Identifier: Apache-2.0
// What is done with a ledger while the daemon does not run.
#pragma once
#include <optional>

#include "service/service.hpp"

namespace postern::service {

/// Closes the ledger for good, keeps it, and begins a new one that names it. Gives the exit code.
int fork(const Options& options, const std::string& reason);
/// Writes a ledger that is not in use into a bag: the current one, or one that a fork has kept, by its number.
int export_closed(const Options& options, const std::filesystem::path& folder, std::optional<std::uint64_t> number);

}  // namespace postern::service
