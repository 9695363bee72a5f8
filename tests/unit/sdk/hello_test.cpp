// SPDX-License-Identifier: Apache-2.0
// The example that the documents show, as they show it.
#include <postern/fake_host.hpp>

#include "catch.hpp"

TEST_CASE("the example answers and counts per conversation") {
  postern::FakeHost host;
  const char* const hello = R"({"kind": "message", "text": "hello"})";
  CHECK(host.handle(hello).items.at(0).at("text") == "Hello to you, no. 1");
  const auto second = host.handle(hello);
  CHECK(second.items.at(0).at("text") == "Hello to you, no. 2");
  CHECK(second.flow == POSTERN_STOP);
  CHECK(host.state == R"({"count":2})");
  CHECK(host.handle(R"({"kind": "message", "text": "bye"})").flow == POSTERN_NEXT);
}

TEST_CASE("the example describes itself") {
  const postern_plugin* plugin = postern_plugin_v1();
  CHECK(plugin == postern_plugin_v1());
  CHECK(plugin->size == sizeof(postern_plugin));
  CHECK(plugin->kind == POSTERN_KIND_HANDLER);
  CHECK(std::string(plugin->id) == "org.example.hello");
  REQUIRE(plugin->option_count == 1);
  CHECK(std::string(plugin->options->standard) == "Hello to you");
  CHECK(plugin->platform == nullptr);
}
