// SPDX-License-Identifier: Apache-2.0
// Broken configurations and what is said about them: tests/data/config/broken.txt.
#include <set>

#include "fixture.hpp"

using namespace postern;
using namespace postern::config;

namespace {

struct Case {
  std::string name, text, expected;
};

/// "=== name", the configuration, "---", the messages.
std::vector<Case> cases() {
  std::ifstream file(POSTERN_TEST_DATA "/config/broken.txt");
  std::vector<Case> all;
  bool messages = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      all.push_back({line.substr(4), "", ""});
      messages = false;
    } else if (line == "---") {
      messages = true;
    } else if (!all.empty()) {
      (messages ? all.back().expected : all.back().text) += line + "\n";
    }
  }
  return all;
}

}  // namespace

TEST_CASE("each broken configuration is refused, with file, line and remedy") {
  const std::vector<Case> all = cases();
  REQUIRE(all.size() >= 60);
  std::set<std::string> names;
  for (const Case& each : all) {
    INFO(each.name);
    CHECK(names.insert(each.name).second);
    const Folder folder;
    folder.write("postern.toml", each.text);
    if (each.text.find("ledger") == std::string::npos)
      folder.write("conf.d/ledger.toml", "[ledger]\nkek = { file = \"kek\" }\n");
    folder.write("conf.d/packs.toml", "policy_dirs = [\"" POSTERN_POLICIES "\"]\n");
    Problems problems;
    CHECK(check(folder, problems) == nullptr);
    CHECK_FALSE(each.expected.empty());
    CHECK(folder.local(problems.text()) == each.expected);
  }
}

TEST_CASE("no message repeats a secret that stands in the wrong place") {
  for (const Case& each : cases()) {
    INFO(each.name);
    CHECK(each.expected.find("s3cret") == std::string::npos);
  }
}
