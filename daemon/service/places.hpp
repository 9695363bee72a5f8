// SPDX-License-Identifier: Apache-2.0
// Where the daemon's other programs, its plugins and its own folders are. Called by main, before any thread runs.
#pragma once
#include <sys/types.h>

#include <filesystem>

#include "base/error.hpp"

namespace postern::service {

/// A path relative to the folder of posternd itself.
std::filesystem::path beside_program(const char* name);
/// The program that runs a plugin as a process: beside posternd in a build tree, under libexec when installed.
std::filesystem::path host_program();
/// Makes the folder with this mode if it is not there.
Result<void> own_folder(const std::filesystem::path& folder, mode_t mode);

}  // namespace postern::service
