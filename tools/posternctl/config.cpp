// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "config/schema.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

json::object key_json(const config::Key& key) {
  json::object object{{"section", key.section}, {"key", key.name}, {"type", config::name(key.type)}};
  if (!key.standard.empty()) object["default"] = key.standard;
  object["required"] = key.required;
  object["reloadable"] = key.reloadable;
  object["help"] = key.help;
  return object;
}

}  // namespace

// The daemon itself is asked, since a configuration is right only together with its plugins, policies and secrets.
int config_check(Session& session, const std::filesystem::path& file) {
  const auto program = daemon_program();
  if (session.globals().json) {
    throw Failure(kUsage, "config check has no --json", "its lines are FILE:LINE:COLUMN: what is wrong (remedy)");
  }
  std::array<std::string, 4> texts{program.string(), "--check-config", "--config", file.string()};
  std::array<char*, 5> arguments{texts[0].data(), texts[1].data(), texts[2].data(), texts[3].data(), nullptr};
  ::execv(program.c_str(), arguments.data());
  throw Failure(kSoftware, fmt::format("cannot run {}: {}", program.string(), std::strerror(errno)));
}

int config_show_defaults(Session& session, bool markdown) {
  const auto keys = config::daemon_schema();
  if (session.json())
    for (const auto& key : keys) line(json::serialize(key_json(key)));
  else
    put(markdown ? config::reference_markdown(keys) : config::defaults_text(keys));
  return 0;
}

}  // namespace postern::ctl
