// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "catch.hpp"
#include "gateway/facts.hpp"
#include "gateway/target.hpp"
#include "rig.hpp"
#include "vectors.hpp"

namespace postern::gateway {
namespace {

using test::text;

/// What an endpoint makes of the facts of a platform.
Handshake handshake(const std::string& platform, std::string secret) {
  auto facts = parse_webhook_facts(test::facts_of(platform)).value();
  Endpoint endpoint{.section = platform, .signature = facts.signature, .handshake = facts.handshake};
  endpoint.secrets.emplace_back(std::move(secret));
  std::vector<Endpoint> all;
  all.push_back(std::move(endpoint));
  return *Endpoints::make(std::move(all)).value().find("/webhooks/" + platform)->endpoint.handshake;
}

boost::json::object vector(const std::string& name) {
  for (const auto& value : test::vectors())
    if (text(value.as_object(), "name") == name) return value.as_object();
  throw std::runtime_error("no vector " + name);
}

std::optional<std::string> reply(const Handshake& handshake, std::string_view query) {
  return answer(handshake, parse_query(query).value());
}

TEST_CASE("Meta's handshake is answered to who knows the token") {
  const auto meta = *test::endpoints().front().handshake;
  const auto known = vector("meta-verify-get");
  const auto request = text(known, "request");
  CHECK(reply(meta, Target(std::string_view(request).substr(4)).query) == text(known, "response_body"));
  CHECK(meta.answer_type() == "text/plain; charset=utf-8");
  CHECK(reply(meta, "hub.mode=subscribe&hub.challenge=a%2Bb+c&hub.verify_token=postern-verify-7788") == "a+b c");
  CHECK_FALSE(reply(meta, "hub.mode=subscribe&hub.challenge=1&hub.verify_token=postern-verify-7789"));
  CHECK_FALSE(reply(meta, "hub.mode=subscribe&hub.challenge=1&hub.verify_token="));
  CHECK_FALSE(reply(meta, "hub.mode=subscribe&hub.challenge=1"));
  CHECK_FALSE(reply(meta, "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply(meta, "hub.challenge=1&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply(meta, "hub.mode=subscribe&hub.verify_token=postern-verify-7788"));
  CHECK_FALSE(reply(meta, "hub.mode=subscribe&hub.challenge=1&hub.challenge=2&hub.verify_token=postern-verify-7788"));
}

TEST_CASE("X's and LinkedIn's handshakes are answered with an HMAC of the challenge") {
  for (const auto* name : {"x-crc", "linkedin-challenge"}) {
    INFO(name);
    const auto known = vector(name);
    const auto shake = handshake(text(known, "platform"), text(known, "secret"));
    const auto request = text(known, "request");
    const auto body = reply(shake, Target(std::string_view(request).substr(4)).query);
    REQUIRE(body);
    CHECK(boost::json::parse(*body) == known.at("response_json"));
    CHECK(shake.answer_type() == "application/json");
    CHECK_FALSE(reply(shake, ""));
    CHECK_FALSE(reply(shake, "other=1"));
    const std::string param = text(known, "platform") == "x" ? "crc_token" : "challengeCode";
    CHECK_FALSE(reply(shake, param + "="));
    CHECK_FALSE(reply(shake, param + "=1&" + param + "=2"));
  }
}

TEST_CASE("A handshake signs nothing that could be a webhook") {
  for (const auto* name : {"x-dm-received", "linkedin-event"}) {
    const auto known = vector(name);
    const auto shake = handshake(text(known, "platform"), text(known, "secret"));
    const std::string param = text(known, "platform") == "x" ? "crc_token=" : "challengeCode=";
    for (const auto& body : {text(known, "body"), "hmacsha256=" + text(known, "body"), std::string("[1]"),
                             std::string("\"a\""), std::string(" 1"), std::string(257, 'a')})
      CHECK_FALSE(reply(shake, param + percent_encoded(body)));
    CHECK(reply(shake, param + std::string(256, 'a')));
  }
}

TEST_CASE("A MAC of the handshake changes with every bit of the challenge") {
  const auto shake = handshake("x", "secret");
  std::set<std::string> seen{*reply(shake, "crc_token=NGVkYjE2ZGI")};
  for (std::size_t bit = 0; bit < 11 * 8; ++bit) {
    std::string challenge = "NGVkYjE2ZGI";
    challenge[bit / 8] = static_cast<char>(challenge[bit / 8] ^ (1 << bit % 8));
    if (const auto body = reply(shake, "crc_token=" + percent_encoded(challenge))) CHECK(seen.insert(*body).second);
  }
  CHECK(seen.size() > 30);
}

}  // namespace
}  // namespace postern::gateway
