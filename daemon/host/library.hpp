// SPDX-License-Identifier: Apache-2.0
// A plugin's shared object: found, inspected before any of its code runs, loaded for good, and described.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "postern/plugin.h"

namespace postern::host {

enum class Kind { platform, handler };
/// "platform" or "handler".
std::string_view name_of(Kind kind);

/// One option that a plugin declares; plugin.h says what its members mean. Texts are the plugin's own and static.
struct OptionInfo {
  std::string_view name;
  std::uint32_t type = 0;  ///< POSTERN_STRING …
  bool required = false;
  bool per_account = false;
  const char* standard = nullptr;  ///< as in the configuration file; null: no default
  std::string_view help;
};

/// What a plugin says about itself, checked. Texts are the plugin's own and static.
struct Descriptor {
  Kind kind = Kind::handler;
  std::string_view id, version, summary;
  std::string_view facts;  ///< JSON object
  std::vector<OptionInfo> options;
};

/// A loaded plugin, cheap to copy. Its code stays loaded until the process ends, also when the last copy is gone, since
/// code that has run cannot safely be unmapped.
class Library {
 public:
  /// Runs the plugin's static constructors, so call it where a crash may happen: at start-up for `thread`, in the
  /// plugin's own process otherwise. Fails if the file is no shared object for this machine, lacks symbols, is made for
  /// another major version of the ABI, or describes itself wrongly; the error says what was expected and what found.
  static Result<Library> load(const std::filesystem::path& file);

  const Descriptor& descriptor() const { return tables_->descriptor; }
  /// The C tables, copied into this daemon's sizes: what an older plugin doesn't have is null.
  const postern_plugin& functions() const { return tables_->plugin; }
  const postern_platform& platform() const { return tables_->platform; }
  const postern_handler& handler() const { return tables_->handler; }

 private:
  struct Tables {
    Descriptor descriptor;
    postern_plugin plugin{};
    postern_platform platform{};
    postern_handler handler{};
  };
  /// Copies what the plugin gave and checks it; fails with what was expected and what found.
  static Result<Tables> read(const postern_plugin* given);

  std::shared_ptr<const Tables> tables_;
};

/// All of a plugin's description as JSON: {"plugin", "version", "kind", "summary", "facts", "options": [{"name",
/// "type", "required", "per_account", "default", "help"}]}. `type` is a word: string, integer, real, bool, duration,
/// size, secret, list, table.
std::string describe(const Descriptor& plugin);

/// The file of a plugin: `name` itself if it has a slash, else NAME.so in the first of `folders` that has it.
Result<std::filesystem::path> find_plugin(std::string_view name, std::span<const std::filesystem::path> folders);

}  // namespace postern::host
