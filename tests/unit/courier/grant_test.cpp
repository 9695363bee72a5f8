// SPDX-License-Identifier: Apache-2.0
// A request for new tokens: what is put into it, and what its answer is reduced to.
#include "courier/grant.hpp"

#include "catch.hpp"
#include "courier/places.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;

namespace {

Credentials held() {
  Credentials credentials;
  credentials.put("acme", "refresh_token", Secret("r\"1&+\\ü"));
  credentials.put("acme", "client_id", Secret("cl:77"));
  credentials.put("acme", "app_secret", Secret("s3cret"));
  return credentials;
}

Errand asking(std::string type, std::string body) {
  auto errand = post("http://127.0.0.1:9", std::move(body));
  errand.request.content_type = std::move(type);
  errand.request.places = true;
  Grant grant;
  grant.tokens = {{"token", "/data/access_token"}, {"refresh_token", "/data/refresh_token"}};
  grant.lasts = "/data/expires_in";
  grant.error = "/code";
  errand.grant = std::make_shared<const Grant>(std::move(grant));
  return errand;
}

Delivery taken(int status, std::string body) {
  Delivery delivery;
  delivery.status = status;
  delivery.body = std::move(body);
  take_grant(*asking("", "").grant, delivery);
  CHECK(delivery.body.empty());
  return delivery;
}

}  // namespace

TEST_CASE("places are filled as their surroundings want it") {
  const std::string place = "{credential:refresh_token}";
  auto json = asking("application/json", R"({"a":")" + place + R"(","b":"{credential:client_id}"})");
  REQUIRE(fill_places(json, held()));
  CHECK(json.request.body == "{\"a\":\"r\\\"1&+\\\\ü\",\"b\":\"cl:77\"}");
  auto form = asking("application/x-www-form-urlencoded", "a=" + place + "&b=1");
  REQUIRE(fill_places(form, held()));
  CHECK(form.request.body == "a=r%221%26%2B%5C%C3%BC&b=1");
  auto query = asking("", "");
  query.request.query = {{"token", place}, {"other", "{credential:}{credential:NO}{x}"}};
  REQUIRE(fill_places(query, held()));
  CHECK(query.request.query[0].second == "r\"1&+\\ü");
  CHECK(query.request.query[1].second == "{credential:}{credential:NO}{x}");
}

TEST_CASE("a place without a credential is named, and nothing of the others is left") {
  auto errand = asking("application/json", R"(["{credential:app_secret}","{credential:client_key}"])");
  const auto filled = fill_places(errand, held());
  REQUIRE_FALSE(filled);
  CHECK(text(filled.error()).find("\"client_key\"") != std::string::npos);
  CHECK(errand.request.body.find("s3cret") == std::string::npos);
}

TEST_CASE("a request without leave for places keeps them as text") {
  Loopback server([](const auto&) { return Reaction{answer(200)}; });
  Client client({}, held());
  auto errand = post(server.url(), R"({"text":"{credential:app_secret}"})");
  REQUIRE(client.call(std::move(errand)).fate == Fate::answered);
  CHECK(server.seen().at(0).body == R"({"text":"{credential:app_secret}"})");
}

TEST_CASE("of an answer the tokens remain, and how long they last") {
  const auto good =
      taken(200, R"({"code":0,"data":{"access_token":"at","refresh_token":"rt","expires_in":86400,"open_id":"7"}})");
  REQUIRE(good.tokens);
  CHECK(good.tokens->at("token").reveal() == "at");
  CHECK(good.tokens->at("refresh_token").reveal() == "rt");
  CHECK(good.lasts_s == 86400);
  CHECK(taken(200, R"({"data":{"access_token":"at","expires_in":"60"}})").lasts_s == 60);
  CHECK(taken(200, R"({"data":{"access_token":"at","expires_in":-1}})").lasts_s == 0);
}

TEST_CASE("an answer without a token is told by its code, never by its words") {
  CHECK(taken(200, R"({"code":40105,"message":"token rt-secret is bad"})").reason == "HTTP 200, 40105");
  CHECK(taken(400, R"({"code":"invalid_grant"})").reason == "HTTP 400, invalid_grant");
  CHECK(taken(400, R"({"code":"the token rt-secret is bad"})").reason == "HTTP 400");
  for (const char* body : {"", "no JSON", "[]", R"({"data":{"access_token":""}})", R"({"data":{"access_token":7}})"}) {
    INFO(body);
    CHECK_FALSE(taken(200, body).tokens);
  }
  CHECK_FALSE(taken(500, R"({"data":{"access_token":"at"}})").tokens);
}

TEST_CASE("a refresh shows user and secret, and delivers tokens alone") {
  Loopback server([](const auto&) {
    return Reaction{answer(200, R"({"data":{"access_token":"at-new","refresh_token":"rt-new","expires_in":7200}})")};
  });
  Client client({}, held());
  auto errand = asking("application/x-www-form-urlencoded", "refresh_token={credential:refresh_token}");
  errand.base_url = server.url();
  errand.request.auth = {Auth::As::basic, "client_id", "app_secret"};
  const auto delivery = client.call(std::move(errand));
  REQUIRE(delivery.tokens);
  CHECK(delivery.body.empty());
  const auto seen = server.seen().at(0);
  CHECK(seen.head.find("Authorization: Basic Y2w6Nzc6czNjcmV0\r\n") != std::string::npos);
  CHECK(seen.body == "refresh_token=r%221%26%2B%5C%C3%BC");
}

TEST_CASE("what is issued wins until other credentials are configured") {
  const Hash seed{1}, other{2};
  const auto tokens = std::make_shared<Tokens>(Tokens{{"token", Secret("issued")}});
  const auto with = [](const Hash& of) {
    Credentials credentials;
    credentials.put("acme", "token", Secret("configured"));
    credentials.put("acme", "key", Secret("k"));
    credentials.set_seed("acme", of);
    return credentials;
  };
  auto first = with(seed);
  first.issue("acme", other, tokens);
  CHECK(first.find("acme", "token")->reveal() == "configured");
  first.issue("acme", seed, tokens);
  CHECK(first.find("acme", "token")->reveal() == "issued");
  CHECK(first.find("acme", "key")->reveal() == "k");
  auto reloaded = with(seed);
  reloaded.inherit(first);
  CHECK(reloaded.find("acme", "token")->reveal() == "issued");
  auto changed = with(other);
  changed.inherit(first);
  CHECK(changed.find("acme", "token")->reveal() == "configured");
}
