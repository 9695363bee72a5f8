// SPDX-License-Identifier: Apache-2.0
// Where things are, on a machine where Postern is installed and in a build tree alike.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace postern::ctl {

/// The daemon's runtime_dir, where its sockets are: the first that is told of `socket`, the runtime_dir of the
/// configuration file `config`, and $POSTERN_RUNTIME_DIR; else /run/postern, or ./run if only that has a socket.
std::filesystem::path runtime_dir(const std::string& socket, const std::filesystem::path& config);

/// The folders of policy packs: policy_dirs of the configuration file `config`; without one, the usual ones.
std::vector<std::filesystem::path> policy_folders(const std::filesystem::path& config);

/// The folders of plugins: those given, and the one that belongs to this program.
std::vector<std::filesystem::path> plugin_folders(const std::vector<std::filesystem::path>& given);

/// posternd, beside this program or in the sbin beside its bin; throws Failure if it is in neither.
std::filesystem::path daemon_program();

/// The whole file, or standard input for "-". Throws Failure.
std::string read_input(const std::filesystem::path& file, std::size_t most);

inline constexpr std::size_t kLongestNote = 1 << 20;  ///< bytes of a checkpoint or key, as files hold them
/// A genesis key as the command line gives it: the key itself, or the file that holds it. Throws Failure.
std::string key_text(const std::string& vkey);

}  // namespace postern::ctl
