// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "config/schema.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "program.hpp"
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

json::array lines_of(std::string_view text_of) {
  json::array lines;
  for (std::size_t at = 0; at < text_of.size();) {
    const auto end = std::min(text_of.find('\n', at), text_of.size());
    if (end > at) lines.emplace_back(printable(text_of.substr(at, end - at)));
    at = end + 1;
  }
  return lines;
}

}  // namespace

// The daemon itself is asked, since a configuration is right only together with its plugins, policies and secrets.
int config_check(Session& session, const std::filesystem::path& file) {
  const auto program = daemon_program();
  const std::vector<std::string> arguments{program.string(), "--check-config", "--config", file.string()};
  const Ended ended = run_program(arguments);
  if (session.json())
    line(json::serialize(
        json::object{{"file", file.string()}, {"ok", ended.code == 0}, {"problems", lines_of(ended.errors)}}));
  else
    put(ended.said);
  flush();
  if (!session.json()) std::fputs(ended.errors.c_str(), stderr);
  return ended.code;
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
