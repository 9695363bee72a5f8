// SPDX-License-Identifier: Apache-2.0
// Walks the folders of cases. Adding a case takes a file and no C++.
#include "catch.hpp"
#include "contract/platforms/case.hpp"
#include "core/event.hpp"

namespace {

using contract::Case;
using contract::Json;
using contract::Node;

std::string shown(const postern::FakeHost::Said& answer) {
  std::string lines = answer.ok() ? "" : "error: " + answer.error + "\n";
  for (const Json& item : answer.items) lines += boost::json::serialize(item) + "\n";
  return lines;
}

std::string text_of(Node node) {
  return node ? boost::json::serialize(*node.json()) : "{}";
}

/// The broker takes it.
void check_event(const Json& event) {
  const auto parsed = postern::core::parse_event(boost::json::serialize(event));
  INFO((parsed ? std::string() : parsed.error().what));
  CHECK(parsed.has_value());
}

void check_items(const postern::FakeHost::Said& answer, Node expected) {
  INFO("found:\n" << shown(answer) << "expected:\n" << text_of(expected));
  CHECK(answer.ok());
  CHECK(contract::same_items(answer.items, expected));
}

}  // namespace

TEST_CASE("webhooks become the events of the cases") {
  for (const auto& platform : contract::platforms()) {
    const postern_plugin* plugin = contract::load(platform);
    for (const Case& each : contract::cases(platform, "decode")) {
      const Node about(each.json);
      postern::FakeHost host(contract::config_of(plugin, about["config"]), plugin);
      INFO(each.name << ": " << about["about"].text());
      const std::string body = contract::body_of(about);
      if (const Node signature = about["signature"]) CHECK(contract::signature_fits(*plugin, body, signature));
      const auto answer = host.decode(body, text_of(about["meta"]));
      if (about["error"].is_string()) {
        CHECK(answer.code == POSTERN_BAD_INPUT);
        CHECK(answer.error.find(about["error"].text()) != std::string::npos);
        continue;
      }
      check_items(answer, about["events"]);
      for (const Json& event : answer.items) check_event(event);
    }
  }
}

TEST_CASE("tasks become the requests of the cases") {
  for (const auto& platform : contract::platforms()) {
    const postern_plugin* plugin = contract::load(platform);
    postern::FakeHost host(contract::config_of(plugin), plugin);
    for (const Case& each : contract::cases(platform, "encode")) {
      const Node about(each.json);
      INFO(each.name << ": " << about["about"].text());
      const auto answer = host.encode(text_of(about["task"]));
      const Json expected = boost::json::array{*about["request"].json()};
      check_items(answer, expected);
    }
  }
}

TEST_CASE("answers become the outcomes of the cases") {
  for (const auto& platform : contract::platforms()) {
    const postern_plugin* plugin = contract::load(platform);
    postern::FakeHost host(contract::config_of(plugin), plugin);
    for (const Case& each : contract::cases(platform, "interpret")) {
      const Node about(each.json);
      for (const Node row : about["answers"]) {
        INFO(each.name << ": " << about["about"].text() << "\n" << text_of(row));
        const auto answer = host.interpret(text_of(row["task"] ? row["task"] : about["task"]),
                                           static_cast<std::uint32_t>(row["status"].integer()), text_of(row["headers"]),
                                           contract::body_of(row));
        check_items(answer, row["items"]);
      }
    }
  }
}

TEST_CASE("each platform has cases of all three functions") {
  REQUIRE(contract::platforms().size() >= 3);
  for (const auto& platform : contract::platforms())
    for (const auto* folder : {"decode", "encode", "interpret"}) {
      INFO(platform << "/" << folder);
      CHECK(contract::cases(platform, folder).size() >= 5);
    }
}
