// SPDX-License-Identifier: Apache-2.0
// The published vectors (tests/data/platforms): what the plugins' facts say about signatures, tokens and handshakes is
// what the platforms do, and the signed bodies decode.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "contract/platforms/case.hpp"

namespace {

using contract::Json;
using contract::Node;

Json vectors() {
  std::ifstream file(POSTERN_TEST_DATA "/platforms/test-vectors.json", std::ios::binary);
  return postern::parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace

TEST_CASE("signed bodies fit the facts and decode") {
  const Json json = vectors();
  int read = 0;
  for (const Node vector : Node(json)) {
    const std::string platform(vector["platform"].text());
    const std::string_view kind = vector["kind"].text();
    const auto here = contract::platforms();
    const bool signed_body = vector["value"] && vector["body"];
    const bool token = kind == "webhook-header";
    if ((!signed_body && !token) || std::ranges::count(here, platform) == 0) continue;
    INFO(vector["name"].text());
    const postern_plugin* plugin = contract::load(platform);
    const Json facts = postern::parse_json(plugin->facts);
    const std::string_view body = vector["body"].text();
    ++read;
    CHECK(contract::signature_fits(facts, body, vector["secret"].text(), vector["value"].text()));
    if (vector["header"]) CHECK(Node(facts)["signature"]["header"].text() == vector["header"].text());
    if (kind != "webhook-signature") continue;
    postern::FakeHost host(contract::config_of(plugin), plugin);
    const auto answer = host.decode(body);
    REQUIRE(answer.items.size() == 1);
    CHECK(Node(answer.items[0])["kind"].text() == "message");
    CHECK(!Node(answer.items[0])["text"].text().empty());
  }
  CHECK(read >= 4);
}

TEST_CASE("escaped text is read, and its signature covers the escapes") {
  const Json json = vectors();
  std::string escaped, reserialised, value;
  for (const Node vector : Node(json)) {
    if (vector["name"].text() == "instagram-text-escaped")
      escaped = vector["body"].text(), value = vector["value"].text();
    if (vector["name"].text() == "instagram-text-reserialised-WRONG") reserialised = vector["body"].text();
  }
  const postern_plugin* plugin = contract::load("instagram");
  const Json facts = postern::parse_json(plugin->facts);
  CHECK(contract::signature_fits(facts, escaped, "meta-app-secret-1f2e3d", value));
  CHECK(!contract::signature_fits(facts, reserialised, "meta-app-secret-1f2e3d", value));
  postern::FakeHost host(contract::config_of(plugin), plugin);
  CHECK(Node(host.decode(escaped).items.at(0))["text"].text() == "café 😀 https://shop.example/a?b=1");
}

TEST_CASE("the handshake's vector fits the facts") {
  const Json json = vectors();
  for (const Node vector : Node(json)) {
    if (vector["name"].text() != "meta-verify-get") continue;
    const std::string query(vector["request"].text());
    for (const auto* platform : {"messenger", "instagram"}) {
      const Json facts = postern::parse_json(contract::load(platform)->facts);
      const Node handshake = Node(facts)["handshake"];
      const std::string token(handshake["token"]["param"].text()), answer(handshake["answer"]["param"].text());
      CHECK(query.find("hub.mode=" + std::string(handshake["match"]["hub.mode"].text())) != std::string::npos);
      CHECK(query.find(token + "=" + std::string(vector["verify_token"].text())) != std::string::npos);
      CHECK(query.find(answer + "=" + std::string(vector["response_body"].text())) != std::string::npos);
      CHECK(handshake["answer"]["as"].text() == "plain");
    }
  }
}
