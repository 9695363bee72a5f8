// SPDX-License-Identifier: Apache-2.0
// A bag (RFC 8493) around an export: every file of the payload is listed with its SHA-256, and no other.
#pragma once
#include <filesystem>
#include <string>

#include "ledger/format/verify.hpp"

namespace postern::ledger {

/// The SHA-256 of a file, in hex; of nothing if it cannot be read.
std::string file_hash(const std::filesystem::path& path);

/// Adds what is wrong with the manifest and the files that it lists. A folder that is no bag passes.
void check_manifest(const std::filesystem::path& folder, Verdict& verdict);

}  // namespace postern::ledger
