// SPDX-License-Identifier: Apache-2.0
#include "contract/platforms/case.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "catch.hpp"

namespace contract {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sorted(const fs::path& folder) {
  std::vector<fs::path> paths;
  if (fs::exists(folder))
    for (const auto& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
  std::ranges::sort(paths);
  return paths;
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool same_item(Json found, Node expected) {
  auto* object = found.if_object();
  const bool for_people = object && (object->contains("outcome") || object->contains("cannot"));
  if (for_people && !expected["text"]) object->erase("text");
  return expected.json() && found == *expected.json();
}

/// A member of a header like "t=1767226100,s=fa18".
std::string_view member(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const auto each = header.substr(0, header.find(','));
    if (each.starts_with(name) && each.substr(name.size()).starts_with('=')) return each.substr(name.size() + 1);
    header.remove_prefix(std::min(each.size() + 1, header.size()));
  }
  return {};
}

void replace(std::string& text, std::string_view what, std::string_view by) {
  if (const auto at = text.find(what); at != text.npos) text.replace(at, what.size(), by);
}

}  // namespace

std::vector<std::string> platforms() {
  std::vector<std::string> names;
  for (const auto& path : sorted(POSTERN_CASES))
    if (fs::is_directory(path)) names.push_back(path.filename());
  return names;
}

const postern_plugin* load(const std::string& platform) {
  static std::map<std::string, const postern_plugin*> loaded;  // and never unloaded, as in the daemon
  auto& plugin = loaded[platform];
  if (plugin) return plugin;
  const auto path = fs::path(POSTERN_PLUGINS) / (platform + ".so");
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  INFO(path << (library ? "" : dlerror()));
  REQUIRE(library);
  const auto describe = reinterpret_cast<decltype(&postern_plugin_v1)>(dlsym(library, "postern_plugin_v1"));
  REQUIRE(describe);
  plugin = describe();
  REQUIRE(plugin->kind == POSTERN_KIND_PLATFORM);
  return plugin;
}

std::string config_of(const postern_plugin* plugin) {
  boost::json::object config;
  for (std::uint32_t i = 0; i < plugin->option_count; ++i) {
    const char* at = reinterpret_cast<const char*>(plugin->options) + std::size_t{i} * plugin->option_stride;
    const auto* option = reinterpret_cast<const postern_option*>(at);
    if (option->type == POSTERN_SECRET) config[option->name] = true;
  }
  return boost::json::serialize(config);
}

std::vector<Case> cases(const std::string& platform, const std::string& folder) {
  std::vector<Case> found;
  for (const auto& path : sorted(fs::path(POSTERN_CASES) / platform / folder)) {
    const std::string name = platform + "/" + folder + "/" + path.stem().string();
    INFO(name);
    found.push_back({name, postern::parse_json(read_file(path))});
  }
  return found;
}

std::string body_of(Node where) {
  if (where["body_text"].is_string()) return std::string(where["body_text"].text());
  return boost::json::serialize(*where["body"].json());
}

bool same_items(const std::vector<Json>& found, Node expected) {
  if (found.size() != expected.size()) return false;
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!same_item(found[i], expected.at(i))) return false;
  return true;
}

bool signature_fits(Node facts, std::string_view body, std::string_view secret, std::string_view value) {
  const Node signature = facts["signature"], param = signature["value"]["param"];
  if (signature["scheme"].text() == "token") return value == secret;
  REQUIRE(signature["scheme"].text() == "hmac-sha256");
  std::string signed_bytes(signature["signed"].text() == "body" ? "{body}" : signature["signed"].text());
  replace(signed_bytes, "{timestamp}", member(value, signature["timestamp"]["param"].text()));
  replace(signed_bytes, "{body}", body);
  const auto mac = postern::crypto::Hmac(postern::view(secret))({postern::view(signed_bytes)});
  const bool hex = signature["encoding"].text() == "hex";
  return (param ? member(value, param.text()) : value) ==
         std::string(signature["prefix"].text()) + (hex ? postern::hex(mac) : postern::base64(mac));
}

}  // namespace contract
