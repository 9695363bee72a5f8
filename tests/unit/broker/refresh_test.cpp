// SPDX-License-Identifier: Apache-2.0
#include "broker/refresh.hpp"

#include <boost/json.hpp>

#include "catch.hpp"

using namespace postern;
using namespace postern::broker;

namespace {

auto refresh(const std::string& members) {
  const auto facts =
      boost::json::parse(R"({"credentials": [{"name": "other"}, {"name": "token", "refresh": {)" + members +
                         R"("request": {"method": "POST", "path": "/token",
                                            "form": {"secret": "{credential:client_secret}", "grant": "refresh_token"}},
                                            "answer": {"token": "/access_token", "expires_in": "/expires_in"}}}]})");
  return parse_refresh(facts.as_object());
}

}  // namespace

TEST_CASE("a refresh may go to another host, and only by https") {
  CHECK(refresh("").value()->base_url.empty());
  CHECK(refresh(R"("base_url": "https://login.example", )").value()->base_url == "https://login.example");
  const auto plain = refresh(R"("base_url": "http://login.example", )");
  REQUIRE_FALSE(plain.has_value());
  CHECK(plain.error().what.find("base_url") != std::string::npos);
}

TEST_CASE("what a refresh takes is read from its places") {
  const auto found = refresh(R"("before": "7d", "single_use": false, )").value();
  CHECK(found->takes == std::set<std::string>{"client_secret"});
  CHECK(found->before == "7d");
  CHECK_FALSE(found->single_use);
  CHECK_FALSE(parse_refresh(boost::json::parse(R"({"credentials": [{"name": "token"}]})").as_object()).value());
}
