// SPDX-License-Identifier: Apache-2.0
// A bag (RFC 8493) around an export: every file of the payload is listed with its SHA-256, and no other.
#pragma once
#include <filesystem>

#include "ledger/format/verify.hpp"

namespace postern::ledger {

/// Adds what is wrong with the manifest and the files that it lists. A folder that is no bag passes.
void check_manifest(const std::filesystem::path& folder, Verdict& verdict);

}  // namespace postern::ledger
