// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "gateway/endpoints.hpp"
#include "gateway/target.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

TEST_CASE("A path leads to its endpoint and to no other") {
  const auto made = Endpoints::make(test::endpoints());
  REQUIRE(made.has_value());
  REQUIRE(made->find("/webhooks/messenger"));
  CHECK(made->find("/webhooks/messenger")->endpoint.section == "messenger");
  REQUIRE(made->find("/webhooks/telegram/acme-bot"));
  CHECK(made->find("/webhooks/telegram/acme-bot")->endpoint.account == "acme-bot");
  for (const auto* path :
       {"", "/", "/webhooks", "/webhooks/", "/webhooks/messenger/", "/webhooks//messenger", "/webhooks/telegram",
        "/webhooks/telegram/other", "/Webhooks/messenger", "/webhooks/messenge%72", "/webhooks/../webhooks/messenger"})
    CHECK_FALSE(made->find(path));
}

TEST_CASE("Endpoints without a secret, with a bad name or one path are refused, and named") {
  const auto refused = [](auto change) {
    auto some = test::endpoints();
    change(some);
    const auto made = Endpoints::make(some);
    REQUIRE_FALSE(made.has_value());
    return text(made.error());
  };
  CHECK(refused([](auto& some) { some[0].secrets.clear(); }).find("/webhooks/messenger") != std::string::npos);
  CHECK(refused([](auto& some) { some[1].secrets.emplace_back(); }).find("acme-bot") != std::string::npos);
  CHECK(refused([](auto& some) { some[0].handshake->token = Secret(); }).find("handshake") != std::string::npos);
  CHECK(refused([](auto& some) { some[0].section = "Messenger"; }).find("Messenger") != std::string::npos);
  CHECK(refused([](auto& some) { some[1].account = ""; }).find("a-z") != std::string::npos);
  CHECK(refused([](auto& some) { some[1] = some[0]; }).find("twice") != std::string::npos);
}

TEST_CASE("A query is taken apart and decoded") {
  CHECK(Target("/a?b=c?d").path == "/a");
  CHECK(Target("/a?b=c?d").query == "b=c?d");
  CHECK(Target("/a").query.empty());
  CHECK(parse_query("").value().empty());
  CHECK(parse_query("a=1&&b=%20+%41&c").value() == Pairs{{"a", "1"}, {"b", "  A"}, {"c", ""}});
  for (const auto* broken : {"%", "a=%4", "a=%zz", "a=%4g", "a=%+1", "%g0=1"}) CHECK_FALSE(parse_query(broken));
  CHECK(only({{"a", "1"}, {"b", "2"}}, "b") == "2");
  CHECK_FALSE(only({{"a", "1"}, {"a", "2"}}, "a"));
  CHECK_FALSE(only({}, "a"));
}

}  // namespace
}  // namespace postern::gateway
