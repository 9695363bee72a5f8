// SPDX-License-Identifier: Apache-2.0
// A configuration in a folder of its own, and the plugins that it is checked against.
#pragma once
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "catch.hpp"
#include "config/config.hpp"
#include "config/plugin_options.hpp"
#include "config/settings.hpp"

namespace postern::config {

inline constexpr Micros kToday = 1'790'000'000 * kSecond;  // September 2026
inline const std::string kKek(64, 'a');

/// Gone with its owner.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "postern-config-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
    write("kek", kKek + "\n", 0600);
    write("token", "s3cret-token\n", 0600);
    write("credentials/kek.1", kKek, 0400);
    write("credentials/kek", kKek, 0400);
    for (const char* name_of : {"app", "verify", "page"}) write(std::string("credentials/") + name_of, "s3cret", 0400);
  }
  Folder(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path main() const { return path_ / "postern.toml"; }
  Surroundings around() const { return {path_ / "credentials"}; }

  void write(const std::string& name, const std::string& text, mode_t mode = 0644) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    REQUIRE(::chmod((path_ / name).c_str(), mode) == 0);
  }
  /// The text without this folder's name, which no two runs share.
  std::string local(std::string text) const {
    const std::string prefix = path_.string() + "/";
    for (std::size_t at = 0; (at = text.find(prefix, at)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }

 private:
  std::filesystem::path path_;
};

inline std::vector<OptionSpec> platform_specs() {
  return {{"app_secret", OptionType::secret, true, false, "What signs the webhooks."},
          {"patience", OptionType::duration, false, false, "How long."},
          {"chunk", OptionType::size, false, false, "How much."},
          {"retries", OptionType::integer, false, false, "How often."},
          {"ratio", OptionType::real, false, false, "How likely."},
          {"strict", OptionType::boolean, false, false, "How strict."},
          {"fields", OptionType::list, false, false, "Which ones."},
          {"page", OptionType::string, false, true, "The account's page."}};
}
inline std::vector<CredentialSpec> credentials() {
  return {{"token", true}, {"backup", false}};
}
inline std::vector<OptionSpec> handler_specs() {
  return {{"greeting", OptionType::string, true, false, "What to answer."},
          {"delay", OptionType::duration, false, false, "When."},
          {"topics", OptionType::table, false, false, "What to answer to what."}};
}

inline Facts facts(const Config& config) {
  Facts made;
  for (const PlatformSection& platform : config.platforms)
    made.platforms[platform.name] = {"messenger", "plugin:demo@1.0.0", core::Settles::echo, {"part", "profile"}, {}, {}, {}};
  for (const HandlerSection& handler : config.handlers) made.handlers[handler.name] = {"plugin:hello@1.0.0"};
  return made;
}

/// All that is checked before a start: files, plugins' options, policy packs.
inline std::shared_ptr<const core::Settings> check(const Folder& folder, Problems& problems) {
  const std::optional<Config> config = load(folder.main(), folder.around(), problems);
  if (!config) return nullptr;
  for (const PlatformSection& platform : config->platforms)
    platform_json(*config, platform, platform_specs(), credentials(), problems);
  for (const HandlerSection& handler : config->handlers) handler_json(handler, handler_specs(), problems);
  auto settings = build_settings(*config, facts(*config), kToday, problems);
  return problems.empty() ? settings : nullptr;
}

}  // namespace postern::config
