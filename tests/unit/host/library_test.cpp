// SPDX-License-Identifier: Apache-2.0
#include "host/library.hpp"

#include "catch.hpp"
#include "fixtures.hpp"

using namespace postern::host;

namespace {

std::string refusal(const std::filesystem::path& file) {
  const auto library = Library::load(file);
  if (library) return "loaded";
  const std::string& what = library.error().what;  // begins with the file, which differs from machine to machine
  return what.substr(what.find(": ") + 2);
}

}  // namespace

TEST_CASE("a plugin written in C describes itself") {
  const auto library = Library::load(fixture("plain_c"));
  REQUIRE(library);
  const Descriptor& plugin = library->descriptor();
  CHECK(plugin.kind == Kind::handler);
  CHECK(plugin.id == "org.example.plain-c");
  CHECK(plugin.version == "2.1.0");
  CHECK(plugin.facts == R"({"scope":"contact"})");
  REQUIRE(plugin.options.size() == 2);
  CHECK(plugin.options[0].name == "tag");
  CHECK(std::string(plugin.options[0].standard) == "c");
  CHECK(plugin.options[1].type == POSTERN_SECRET);
  CHECK(plugin.options[1].required);
  CHECK(plugin.options[1].per_account);
  CHECK(plugin.options[1].standard == nullptr);
}

TEST_CASE("a plugin written in C++ describes itself") {
  const auto library = Library::load(fixture("mirror"));
  REQUIRE(library);
  CHECK(library->descriptor().kind == Kind::platform);
  CHECK(name_of(library->descriptor().kind) == "platform");
  REQUIRE(library->descriptor().options.size() == 1);
  CHECK(library->descriptor().options[0].required);
}

TEST_CASE("a description is told as JSON") {
  const auto library = Library::load(fixture("plain_c"));
  REQUIRE(library);
  CHECK(describe(library->descriptor()) ==
        R"({"plugin":"org.example.plain-c","version":"2.1.0","kind":"handler","summary":"Tags each event.",)"
        R"("facts":{"scope":"contact"},"options":[{"name":"tag","type":"string","required":false,"per_account":false,)"
        R"("help":"Not read: this plugin is here to be described.","default":"c"},{"name":"key","type":"secret",)"
        R"("required":true,"per_account":true,"help":"Not read either."}]})");
}

TEST_CASE("a plugin of a later minor version loads: what this daemon doesn't know is passed over") {
  const auto library = Library::load(fixture("is_of_a_later_minor"));
  REQUIRE(library);
  CHECK(library->functions().size > sizeof(postern_plugin));
  REQUIRE(library->descriptor().options.size() == 2);
  CHECK(library->descriptor().options[0].name == "first");
  CHECK(library->descriptor().options[1].name == "second");
  CHECK(library->handler().handle != nullptr);
}

TEST_CASE("what is no plugin is refused with what was expected and what was found") {
  CHECK(refusal(fixture("is_not_there")) == "no such file");
  CHECK(refusal(fixture("is_not_elf")) == "expected a shared object for this machine, found something else");
  CHECK(refusal(fixture("is_cut_off")) == "expected a shared object for this machine, found something else");
  CHECK(refusal(fixture("has_no_symbol")) == "expected the symbol postern_plugin_v1, found no plugin");
  CHECK(refusal(fixture("is_of_another_major")) == "expected postern_plugin_v1, found postern_plugin_v2");
  CHECK(refusal(fixture("is_too_small")) ==
        "expected a description of " + std::to_string(sizeof(postern_plugin)) + " bytes or more, found 16");
  CHECK(refusal(fixture("has_no_functions")) ==
        "expected a platform or a handler with its functions, found kind 1 without");
}

TEST_CASE("a plugin is found by name in the folders, or by its path") {
  const std::vector<std::filesystem::path> folders{"/nonexistent", POSTERN_FIXTURES, POSTERN_PLUGINS};
  CHECK(find_plugin("plain_c", folders) == fixture("plain_c"));
  CHECK(find_plugin("echo", folders) == shipped("echo"));
  CHECK(find_plugin("./x.so", folders) == std::filesystem::path("./x.so"));
  const auto missing = find_plugin("ecko", folders);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().what.find("plugin \"ecko\": expected ecko.so in plugin_dirs") == 0);
}
