// SPDX-License-Identifier: Apache-2.0
// The daemon: a list of starting, a wait, a list of stopping.
#pragma once
#include <filesystem>

namespace postern::service {

struct Options {
  std::filesystem::path config_file = "/etc/postern/postern.toml";
};

/// Exit codes, as sysexits has them.
enum Exit : int {
  kOk = 0,
  kUnavailable = 69,
  kSoftware = 70,
  kCannotCreate = 73,
  kInputOutput = 74,
  kPermission = 77,
  kConfig = 78
};

/// Says what is wrong with the configuration and its plugins, each with file, line and remedy; changes nothing.
int check(const Options& options);
/// Runs until SIGTERM or SIGINT. Returns the exit code.
int run(const Options& options);

}  // namespace postern::service
