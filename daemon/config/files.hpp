// SPDX-License-Identifier: Apache-2.0
// Reading the files that a configuration is made of, with the checks that make them trustworthy.
#pragma once
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "base/secret.hpp"

namespace postern::config {

/// A configuration file: at most 1 MiB, a regular file that not everybody may write.
Result<std::string> read_config_file(const std::filesystem::path& file);

/// A secret: at most 64 KiB, not empty, a regular file that neither its group nor others may read. White space at the
/// end is dropped, since editors put a line end there. `delivered`: the service manager made the file (a credential),
/// so its mode is none of ours.
Result<Secret> read_secret_file(const std::filesystem::path& file, bool delivered);

}  // namespace postern::config
