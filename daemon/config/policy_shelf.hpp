// SPDX-License-Identifier: Apache-2.0
// Where policy packs are kept, and which of them an account gets.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "config/node.hpp"
#include "core/policy/policy.hpp"

namespace postern::config {

/// Lays a pack with `extends` on the one that it extends: a single rule ([text]) key by key; of [[window]] and
/// [[rate]] it replaces those with the same id and adds the rest.
void extend_pack(Node& base, Node&& over);

/// Finds packs in the configured folders. Reads files, writes nothing; at start and reload only.
class PolicyShelf {
 public:
  /// Later folders hide the earlier ones' packs of the same platform and version.
  explicit PolicyShelf(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

  /// `wanted` is a version ("2026-09"), the path of a file (it ends in ".toml"), or empty: the newest version that is
  /// not in the future. `asked` is the place that asks for it. Null if there was one.
  /// `profile` names an industry's rules that are added (profiles/<name>.toml); empty or "none": there are none.
  std::shared_ptr<const core::policy::Pack> pack(std::string_view platform, std::string_view wanted, Micros now,
                                                 const Place& asked, Problems& problems, std::string_view profile = {});

 private:
  std::filesystem::path find(std::string_view platform, std::string_view version) const;
  std::vector<std::string> versions(std::string_view platform) const;
  std::optional<Node> read(const std::filesystem::path& file, std::string_view platform, const Place& asked, int depth,
                           Problems& problems);

  std::optional<core::policy::PackData> read_checked(const std::filesystem::path& file, std::string_view platform,
                                                     const Place& asked, Problems& problems);
  void add_profile(core::policy::PackData& pack, std::string_view profile, const Place& asked, Problems& problems);

  std::vector<std::filesystem::path> folders_;
  /// By platform, file and profile, so that accounts share a pack, and a broken one is complained of once.
  std::map<std::tuple<std::string, std::filesystem::path, std::string>, std::shared_ptr<const core::policy::Pack>>
      read_;
};

}  // namespace postern::config
