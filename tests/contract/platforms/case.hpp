// SPDX-License-Identifier: Apache-2.0
// The files in platforms/<platform>/{decode,encode,interpret}/, and the shared objects that they are about.
#pragma once
#include <postern/fake_host.hpp>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace contract {

using postern::Json;
using postern::Node;

/// The platforms whose folders are there.
std::vector<std::string> platforms();

/// The description in the shared object of that name, loaded as the daemon would. Fails the test if it cannot be
/// loaded.
const postern_plugin* load(const std::string& platform);

/// A configuration with every secret that the plugin may have, for tests that need one; and with the members of `more`.
std::string config_of(const postern_plugin* plugin, Node more = {});

struct Case {
  std::string name;  // "messenger/decode/text"
  Json json;
};
/// All cases of a platform's folder, by name.
std::vector<Case> cases(const std::string& platform, const std::string& folder);

/// A body: `body_text` as it is, or `body` as compact JSON.
std::string body_of(Node where);

/// Whether the items are the expected ones. Texts that are meant for people (`text` of an outcome or a refusal) count
/// only where the case gives one.
bool same_items(const std::vector<Json>& found, Node expected);

/// Whether the gateway would take the body from who sends `signature`: {"secret", "value", "header"?, "headers"?: what
/// else is sent about it}.
bool signature_fits(const postern_plugin& plugin, std::string_view body, Node signature);

}  // namespace contract
