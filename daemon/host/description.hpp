// SPDX-License-Identifier: Apache-2.0
// What a plugin says of itself, as a value: options, facts, version. A plugin that shall not run in the daemon is not
// loaded there either; it describes itself in a child.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/library.hpp"

namespace postern::host {

struct Description {
  struct Option {
    std::string name;
    std::uint32_t type = 0;  ///< POSTERN_STRING …
    bool required = false, per_account = false;
    std::string standard, help;
  };
  Kind kind = Kind::handler;
  std::string id, version, summary;
  std::string facts = "{}";  ///< JSON object
  std::vector<Option> options;

  /// Reads what describe() has written.
  static Result<Description> from_json(std::string_view json);
};

/// Runs `program` (postern-plugin-host) with --describe. Blocks for `within` at most.
Result<Description> describe_in_child(const std::filesystem::path& program, const std::filesystem::path& plugin,
                                      Micros within = 5 * kSecond);

}  // namespace postern::host
