// SPDX-License-Identifier: Apache-2.0
#include "places.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "config/files.hpp"
#include "config/node.hpp"
#include "failure.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr char kUsual[] = "/run/postern";

fs::path program_folder() {
  return fs::read_symlink("/proc/self/exe").parent_path();
}

// Only what is wanted is read: who asks for the status need not be able to read the secrets that the file refers to.
template <typename Take>
void each_document(const fs::path& config, Take&& take) {
  config::Problems problems;
  const auto read = [&](const fs::path& file) {
    const auto text_of_file = config::read_config_file(file);
    if (!text_of_file) throw Failure(kNoInput, text_of_file.error());
    const auto document = config::parse_document(*text_of_file, file.string(), problems);
    if (!document) throw Failure(kConfig, problems.text());
    take(*document);
  };
  read(config);
  std::vector<fs::path> more;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fs::absolute(config).parent_path() / "conf.d", none))
    if (entry.path().extension() == ".toml") more.push_back(entry.path());
  std::sort(more.begin(), more.end());
  for (const auto& file : more) read(file);
}

fs::path configured(const fs::path& config) {
  std::string found = kUsual;
  each_document(config, [&](const config::Node& document) {
    const auto* node = document.find("runtime_dir");
    if (node && node->kind == config::Node::Kind::text) found = node->text;
  });
  return (fs::absolute(config).parent_path() / found).lexically_normal();
}

}  // namespace

fs::path runtime_dir(const std::string& socket, const fs::path& config) {
  if (!socket.empty()) return socket;
  if (!config.empty()) return configured(config);
  if (const char* told = std::getenv("POSTERN_RUNTIME_DIR"); told && *told) return told;
  std::error_code none;
  const bool here = fs::exists("run/control", none) && !fs::exists(fs::path(kUsual) / "control", none);
  return here ? fs::path("run") : fs::path(kUsual);
}

std::vector<fs::path> policy_folders(const fs::path& config) {
  std::vector<fs::path> folders = {"/usr/share/postern/policies", "/etc/postern/policies"};
  if (config.empty()) return folders;
  each_document(config, [&](const config::Node& document) {
    const auto* node = document.find("policy_dirs");
    if (node == nullptr || node->kind != config::Node::Kind::list) return;
    folders.clear();
    for (const auto& item : node->items)
      folders.push_back((fs::absolute(config).parent_path() / item.text).lexically_normal());
  });
  return folders;
}

std::vector<fs::path> plugin_folders(const std::vector<fs::path>& given) {
  auto folders = given;
  const auto here = program_folder();
  folders.push_back((here / "../plugins").lexically_normal());  // in a build tree
  folders.push_back((here / POSTERN_PLUGINS_FROM_BIN).lexically_normal());
  return folders;
}

fs::path daemon_program() {
  const auto here = program_folder();
  for (const auto& path : {here / "posternd", (here / "../sbin/posternd").lexically_normal()})
    if (fs::exists(path)) return path;
  throw Failure(kUnavailable, "posternd is not beside posternctl in " + here.string(),
                "install it: it is what knows whether a configuration and its plugins are right");
}

std::string read_input(const fs::path& file, std::size_t most) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> opened(nullptr, std::fclose);
  std::FILE* in = stdin;
  if (file != "-") {
    opened.reset(std::fopen(file.c_str(), "rb"));
    in = opened.get();
    if (!in) throw Failure(kNoInput, "cannot read " + file.string() + ": " + std::strerror(errno));
  }
  std::string bytes;
  char part[65536];
  while (const std::size_t n = std::fread(part, 1, sizeof part, in)) {
    bytes.append(part, n);
    if (bytes.size() > most)
      throw Failure(kBadData, file.string() + " is larger than " + std::to_string(most) + " bytes");
  }
  if (std::ferror(in)) throw Failure(kNoInput, "cannot read " + file.string() + ": " + std::strerror(errno));
  return bytes;
}

std::string key_text(const std::string& vkey) {
  if (vkey.empty() || vkey.find('+') != vkey.npos) return vkey;
  return read_input(vkey, kLongestNote);
}

}  // namespace postern::ctl
