// SPDX-License-Identifier: Apache-2.0
// The published vectors (tests/data/platforms): what the plugins' facts say about signatures, tokens and handshakes is
// what the platforms do, and the signed bodies decode.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "catch.hpp"
#include "contract/platforms/case.hpp"
#include "gateway/facts.hpp"
#include "gateway/target.hpp"

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
  const auto here = contract::platforms();
  int read = 0;
  for (const Node vector : Node(json)) {
    const std::string platform(vector["platform"].text());
    const std::string_view kind = vector["kind"].text();
    if (std::ranges::find(here, platform) == here.end() || !kind.starts_with("webhook-")) continue;
    INFO(vector["name"].text());
    const postern_plugin* plugin = contract::load(platform);
    const std::string body(vector["body"] ? vector["body"].text() : "{}");
    ++read;
    CHECK(contract::signature_fits(*plugin, body, vector));
    if (kind != "webhook-signature") continue;
    CHECK(!contract::signature_fits(*plugin, body + " ", vector));
    if (platform == "linkedin") continue;  // this body is cut down to what is signed
    postern::FakeHost host(contract::config_of(plugin), plugin);
    const auto answer = host.decode(body);
    REQUIRE(answer.items.size() == 1);
    CHECK(Node(answer.items[0])["kind"].text() != "unknown");
  }
  CHECK(read >= 3);
}

TEST_CASE("escaped text is read, and its signature covers the escapes") {
  const Json json = vectors();
  Json signature;
  std::string escaped, reserialised;
  for (const Node vector : Node(json)) {
    if (vector["name"].text() == "instagram-text-escaped") escaped = vector["body"].text(), signature = *vector.json();
    if (vector["name"].text() == "instagram-text-reserialised-WRONG") reserialised = vector["body"].text();
  }
  const postern_plugin* plugin = contract::load("instagram");
  CHECK(contract::signature_fits(*plugin, escaped, Node(signature)));
  CHECK(!contract::signature_fits(*plugin, reserialised, Node(signature)));
  postern::FakeHost host(contract::config_of(plugin), plugin);
  CHECK(Node(host.decode(escaped).items.at(0))["text"].text() == "café 😀 https://shop.example/a?b=1");
}

TEST_CASE("handshakes are answered as their vectors say") {
  using namespace postern;
  const Json json = vectors();
  int answered = 0;
  for (const auto& platform : contract::platforms()) {
    auto facts = gateway::parse_webhook_facts(contract::load(platform)->facts);
    REQUIRE(facts.has_value());
    if (!facts->handshake) continue;
    const bool meta = facts->signature.header == "X-Hub-Signature-256";
    for (const Node vector : Node(json)) {
      if (vector["kind"].text() != "handshake" || vector["platform"].text() != (meta ? "meta" : platform)) continue;
      INFO(platform << ": " << vector["name"].text());
      facts->handshake->token = Secret(std::string(vector["verify_token"].text()));
      facts->handshake->key = Secret(std::string(vector["secret"].text()));
      const gateway::Target target(vector["request"].text().substr(4));
      const auto answer = gateway::answer(*facts->handshake, gateway::parse_query(target.query).value());
      REQUIRE(answer.has_value());
      const Node expected = vector["response_json"];
      CHECK((expected ? parse_json(*answer) == *expected.json() : *answer == vector["response_body"].text()));
      ++answered;
    }
  }
  CHECK(answered >= 2);
}
