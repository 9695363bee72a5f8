// SPDX-License-Identifier: Apache-2.0
// A plugin's own options: what the file says is checked against what the plugin declares, and becomes the JSON that its
// `create` is given. Nothing here knows how plugins are loaded.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace postern::config {

/// The types that a plugin may declare, with the numbers of postern/plugin.h.
enum class OptionType : std::uint32_t { string = 1, integer, real, boolean, duration, size, secret, list, table };

/// One option that a plugin declares.
struct OptionSpec {
  std::string name;
  OptionType type = OptionType::string;
  bool required = false;
  bool per_account = false;  ///< belongs into [account.NAME], not into [platform.NAME]
  std::string help;
};

/// One credential that an account of a platform has (the plugin's facts).
struct CredentialSpec {
  std::string name;
  bool required = true;
};

/// The JSON for a handler's `create`: its options by name, as postern/plugin.h writes values (durations in
/// milliseconds, sizes in bytes, `true` for a secret; tables and lists as they stand). Beside them stands "$lines", an
/// object from JSON pointers to "file:line:column" of each value at any depth ("/topics/0/answer"), so that a plugin
/// that finds a mistake in a value can say where it is. What is wrong is added to `problems`.
std::string handler_json(const HandlerSection& section, std::span<const OptionSpec> specs, Problems& problems);

/// The same for a platform, with "accounts": {name: {"id": account key, its options}} for those of its section. Also
/// checks that each account has the credentials that it needs, and none that nobody knows.
std::string platform_json(const Config& config, const PlatformSection& section, std::span<const OptionSpec> specs,
                          std::span<const CredentialSpec> credentials, Problems& problems);

/// An account's own options as JSON, for its tasks: no id, no secret, no "$lines". Checks nothing: platform_json has.
std::string account_options_json(const AccountSection& account, std::span<const OptionSpec> specs);

}  // namespace postern::config
