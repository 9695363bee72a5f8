// SPDX-License-Identifier: Apache-2.0
// From the configuration, and what the plugins say of themselves, to the snapshot that the core works by.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/policy_shelf.hpp"
#include "core/settings.hpp"

namespace postern::config {

/// What the core has to know of a platform's plugin.
struct PlatformFacts {
  std::string platform;  ///< "messenger": whose policy packs hold
  std::string actor;     ///< "plugin:messenger@1.0.0"
  core::Settles settles = core::Settles::nothing;
  std::vector<std::string> tasks;                                   ///< the kinds of tasks that its `encode` knows
  core::RefreshSettings refresh;                                    ///< of those in `refreshed`
  std::set<std::string, std::less<>> refreshed;                     ///< accounts that have all that a refresh takes
  std::map<std::string, std::string, std::less<>> account_options;  ///< by account: account_options_json; may lack one
};

/// What the core has to know of a handler's plugin.
struct HandlerFacts {
  std::string actor;
  core::Scope scope = core::Scope::conversation;
  bool needs_profile = false;
  bool needs_media = false;
};

/// By the name of the section.
struct Facts {
  std::map<std::string, PlatformFacts, std::less<>> platforms;
  std::map<std::string, HandlerFacts, std::less<>> handlers;
};

/// Builds the snapshot; null if there was a problem. `now` decides which policy pack is the newest. `facts` has every
/// section of `config`. Its hash covers the configuration and each account's policy pack.
std::shared_ptr<const core::Settings> build_settings(const Config& config, const Facts& facts, Micros now,
                                                     Problems& problems);

}  // namespace postern::config
