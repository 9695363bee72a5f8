// SPDX-License-Identifier: Apache-2.0
// A configuration, together with what its plugins say of themselves, as the daemon's modules want it. Made at start, at
// reload and by --check-config; making it changes nothing.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/tasks.hpp"
#include "bus/session.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "control/roles.hpp"
#include "core/settings.hpp"
#include "courier/credentials.hpp"
#include "courier/settings.hpp"
#include "gateway/endpoints.hpp"
#include "gateway/limits.hpp"
#include "ledger/store.hpp"
#include "publish/settings.hpp"

namespace postern::service {

struct Assembly {
  config::Config config;
  std::shared_ptr<const core::Settings> settings;
  std::vector<gateway::Endpoint> endpoints;
  std::vector<gateway::DeletionEndpoint> deletions;
  std::shared_ptr<const courier::Credentials> credentials;
  std::shared_ptr<const broker::Reaches> reaches;
  courier::Settings courier;
  gateway::Limits gateway;
  bus::HostLimits hosts_limits;
  std::vector<bus::HostSpec> hosts;
  control::Roles roles{0};
  publish::Settings publish;
};

struct Ground {
  std::filesystem::path config_file;
  std::filesystem::path host_program;      ///< postern-plugin-host
  std::filesystem::path built_in_plugins;  ///< beside the program, looked through after plugin_dirs; may not exist
  std::set<std::string> distrusted;        ///< sections whose plugin has crashed as a thread: they run as a process
};

/// What this process finds beside itself. `distrusted` as in Ground.
Ground ground_of(const std::filesystem::path& config_file, const std::set<std::string>& distrusted);

/// How the ledger is opened.
ledger::Options ledger_options(const Assembly& assembly);

/// Nothing, and `problems` says why, if anything is wrong. All that is wrong is said at once.
std::optional<Assembly> assemble(const Ground& ground, Micros now, config::Problems& problems);

}  // namespace postern::service
