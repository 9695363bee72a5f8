// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include "catch.hpp"

using namespace postern::config;

namespace {

/// A key's default must be one that the key would take from a file.
void check_schema(std::span<const Key> keys) {
  std::set<std::pair<std::string_view, std::string_view>> names;
  for (const Key& key : keys) {
    INFO(key.section << " " << key.name);
    CHECK(names.insert({key.section, key.name}).second);
    CHECK(key.help.ends_with("."));
    CHECK_FALSE((key.required && !key.standard.empty()));
    CHECK(key.least <= key.most);
  }
}

}  // namespace

TEST_CASE("the schemas are consistent") {
  check_schema(daemon_schema());
}

TEST_CASE("the defaults, written into a file, are accepted as they are") {
  for (const auto& keys : {daemon_schema(), policy_schema()}) {
    Problems problems;
    const auto document = parse_document(defaults_text(keys), "defaults.toml", problems);
    INFO(defaults_text(keys) << problems.text());
    REQUIRE(document);
    for (const Key& key : keys) {
      if (key.standard.empty() || key.section.find_first_of("[.") != std::string_view::npos) continue;
      const Node* table = key.section.empty() ? &*document : document->find(key.section);
      REQUIRE(table != nullptr);
      REQUIRE(table->find(key.name) != nullptr);
      CHECK(check_value(key, *table->find(key.name), problems));
    }
    CHECK(problems.text().empty());
  }
}

TEST_CASE("the reference has a row for each key") {
  const std::string text = reference_markdown(daemon_schema());
  for (const Key& key : daemon_schema()) {
    INFO(key.name);
    CHECK(text.find("| `" + std::string(key.name) + "` | ") != std::string::npos);
  }
  CHECK(text.find("## Top level") == 0);
  CHECK(text.find("## `[account.NAME]`") != std::string::npos);
  CHECK(text.find("## `[[route]]`") != std::string::npos);
  CHECK(text.find("| `reserve` | size | `\"64MiB\"` | reload | ") != std::string::npos);
  CHECK(text.find("| `kek` | secret | *required* | start | ") != std::string::npos);
}

TEST_CASE("docs/configuration.md is what the schema says") {
  std::ifstream file(POSTERN_REFERENCE);
  std::stringstream text;
  text << file.rdbuf();
  INFO("write it anew: postern-config-reference > docs/configuration.md");
  CHECK(text.str() == reference_page());
}
