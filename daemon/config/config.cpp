// SPDX-License-Identifier: Apache-2.0
#include "config/config.hpp"

#include <algorithm>

#include "config/files.hpp"
#include "config/reader.hpp"
#include "core/interned.hpp"

namespace postern::config {
namespace fs = std::filesystem;
namespace {

/// The main file, then conf.d in byte order.
std::vector<fs::path> files_of(const fs::path& file) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(file.parent_path() / "conf.d", error))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.native() < b.native(); });
  files.insert(files.begin(), file);
  return files;
}

/// All files, laid on each other. `hashed` gets what the hash is over.
std::optional<Node> read_all(const fs::path& file, std::string& hashed, Problems& problems) {
  Node all;
  bool complete = true;
  for (const fs::path& each : files_of(file)) {
    const auto text = read_config_file(each);
    if (!text) {
      problems.add({core::intern(each.string())}, text.error().what, text.error().remedy);
      complete = false;
      continue;
    }
    hashed += each.filename().string() + '\0' + std::to_string(text->size()) + '\0' + *text;
    auto document = parse_document(*text, each.string(), problems);
    if (!document) {
      complete = false;
      continue;
    }
    if (all.place.file.empty()) all.place = document->place;
    merge(all, std::move(*document));
  }
  if (!complete) return std::nullopt;
  return all;
}

}  // namespace

const PlatformSection* Config::platform(std::string_view section) const {
  const auto found = std::find_if(platforms.begin(), platforms.end(),
                                  [&](const PlatformSection& platform) { return platform.name == section; });
  return found == platforms.end() ? nullptr : &*found;
}

std::optional<Config> load(const fs::path& file, const Surroundings& around, Problems& problems) {
  std::string hashed;
  const std::optional<Node> document = read_all(file, hashed, problems);
  if (!document) return std::nullopt;
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  Config config = Reader(*document, fs::absolute(folder).lexically_normal(), around, problems).read();
  config.hash = hex(crypto::sha256(view(hashed)));
  if (!problems.empty()) return std::nullopt;
  return config;
}

fs::path plugin_file(const Config& config, const PluginSection& section, Problems& problems) {
  std::error_code ignored;
  std::vector<fs::path> tried;
  if (section.plugin.find('/') != std::string::npos)
    tried.emplace_back(section.plugin);
  else
    for (const fs::path& folder : config.plugin_dirs) tried.push_back(folder / (section.plugin + ".so"));
  std::string list;
  for (const fs::path& each : tried) {
    if (fs::is_regular_file(each, ignored)) return each;
    list += (list.empty() ? "" : ", ") + each.string();
  }
  problems.add(section.place, "there is no plugin \"" + section.plugin + "\": looked for " + list,
               "install it, or correct plugin_dirs");
  return {};
}

}  // namespace postern::config
