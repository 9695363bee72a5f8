// SPDX-License-Identifier: Apache-2.0
// A ledger in the neutral form: leaves.jsonl, sealed/, checkpoint, checkpoints/, tiles/, proofs/, vkey.
#pragma once
#include <filesystem>
#include <memory>

#include "ledger/format/reader.hpp"

namespace postern::ledger {

/// Lists the folder's files at once, and reads them when asked. Only regular files are read, so that a pipe in a
/// hostile export cannot stop the verifier. Of a bag (RFC 8493) it reads data/. Fails if `folder` is not a directory.
Result<std::unique_ptr<LogReader>> open_directory(const std::filesystem::path& folder);

/// The path of a record's blob below sealed/: "041.psb", "x001/x234/067.psb".
std::string blob_path(std::uint64_t i);

}  // namespace postern::ledger
