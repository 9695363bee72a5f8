// SPDX-License-Identifier: Apache-2.0
// Where the plugins of tests/fixtures/plugins and those of this tree are.
#pragma once
#include <filesystem>
#include <string>

inline std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path(POSTERN_FIXTURES) / (name + ".so");
}
inline std::filesystem::path shipped(const std::string& name) {
  return std::filesystem::path(POSTERN_PLUGINS) / (name + ".so");
}
