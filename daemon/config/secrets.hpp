// SPDX-License-Identifier: Apache-2.0
// Secrets stand in the configuration by reference only; here a reference becomes a value, once, at load.
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/secret.hpp"
#include "config/node.hpp"

namespace postern::config {

/// What a load takes from outside the files.
struct Surroundings {
  std::filesystem::path credentials_dir;  ///< where { credential = "…" } is; empty: there are no credentials

  /// $CREDENTIALS_DIRECTORY, as the service manager sets it.
  static Surroundings of_process();
};

/// By the name of the key. Several values: all of them hold (a webhook secret that is being changed).
using Secrets = std::map<std::string, std::vector<Secret>, std::less<>>;

/// Is this a reference to a secret, or a list of them?
bool refers_to_secrets(const Node& value);

/// The secrets that `value` refers to; a relative file begins at `folder`. One that cannot be read is a problem at its
/// place, and left out.
std::vector<Secret> read_secrets(const Node& value, const std::filesystem::path& folder, const Surroundings& around,
                                 Problems& problems);

}  // namespace postern::config
