// SPDX-License-Identifier: Apache-2.0
// What `posternctl plugin check` tries on a plugin. Each check runs in a process of its own, since a plugin that is not
// good may end it.
#pragma once
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace postern::ctl {

enum class Verdict : std::uint8_t { pass, warn, skip, fail, crash };
std::string_view name_of(Verdict verdict);

struct Finding {
  Verdict verdict = Verdict::pass;
  std::string text = {};
};

struct Subject {
  std::filesystem::path file;
  std::filesystem::path cases;  ///< a folder like tests/contract/platforms/NAME; empty: none
  std::string config;           ///< JSON for its instances; empty: made of its options
  std::uint64_t seed = 1;
  std::chrono::seconds fuzz{0};
};

/// `name` is stable: scripts may ask for it.
struct Check {
  std::string_view name, about;
  Finding (*run)(const Subject&);
};

/// The file, what it says of itself, and its instances.
std::span<const Check> checks_of_file();
/// Calls of its functions.
std::span<const Check> checks_of_calls();
/// All of it at random, until the time is over; the finding names the seed.
Finding fuzz(const Subject& subject);

/// Runs one check in a child, for `within` at most.
Finding run_in_child(const std::function<Finding()>& check, std::chrono::seconds within);

}  // namespace postern::ctl
