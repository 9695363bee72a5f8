// SPDX-License-Identifier: Apache-2.0
#include "contract/platforms/case.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>

#include "catch.hpp"
#include "gateway/facts.hpp"
#include "gateway/http_message.hpp"

namespace contract {
namespace {

namespace fs = std::filesystem;
using postern::gateway::same_name;

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

std::string config_of(const postern_plugin* plugin, Node more) {
  boost::json::object config = more.is_object() ? more.json()->get_object() : boost::json::object();
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

bool signature_fits(const postern_plugin& plugin, std::string_view body, Node signature) {
  const auto facts = postern::gateway::parse_webhook_facts(plugin.facts);
  INFO((facts ? std::string() : facts.error().what));
  REQUIRE(facts.has_value());
  const auto verifier =
      postern::gateway::Verifier::make(facts->signature, {postern::Secret(std::string(signature["secret"].text()))});
  INFO((verifier ? std::string() : verifier.error().what));
  REQUIRE(verifier.has_value());
  const auto fields = [&](std::string_view name) -> std::optional<std::string_view> {
    if (const Node other = signature["headers"][name]) return other.text();
    if (const Node own = signature["header"]; own && !same_name(own.text(), name)) return std::nullopt;
    return name == facts->signature.header ? std::optional(signature["value"].text()) : std::nullopt;
  };
  // What is kept is old, so it is judged as of when it was signed.
  const auto signed_at = verifier->time_of(fields).value_or(0);
  return verifier->verify({.body = std::string(body)}, fields, signed_at).has_value();
}

}  // namespace contract
