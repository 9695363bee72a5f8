// SPDX-License-Identifier: Apache-2.0
#include "broker/request.hpp"

#include "catch.hpp"

using namespace postern;
using namespace postern::broker;
using As = courier::Auth::As;

namespace {

courier::Request request(const std::string& members) {
  const auto encoded = parse_encoded(R"({"method": "POST", "path": "/x")" + members + "}");
  INFO(members << (encoded ? "" : ": " + text(encoded.error())));
  REQUIRE(encoded.has_value());
  REQUIRE(encoded->request.has_value());
  return *encoded->request;
}

}  // namespace

TEST_CASE("a request names how it is authorised, and never more than the courier knows") {
  CHECK(request("").auth.as == As::none);
  CHECK(request(R"(, "auth": {"as": "bearer"})").auth.credential == "token");
  CHECK(request(R"(, "auth": {"as": "oauth1"})").auth.as == As::oauth1);
  CHECK(request(R"(, "auth": {"as": "header", "name": "X-Key", "credential": "key"})").auth.name == "X-Key");
  for (const auto* wrong : {R"("bearer")", R"({"as": "oauth2"})", R"({})"})
    CHECK_FALSE(parse_encoded(R"({"method": "GET", "path": "/x", "auth": )" + std::string(wrong) + "}"));
}

TEST_CASE("a body is a document, a form or a text, and says which") {
  const auto form = request(R"(, "form": {"a b": "c&d", "n": 7})");
  CHECK(form.body == "a%20b=c%26d&n=7");
  CHECK(form.content_type == "application/x-www-form-urlencoded");
  CHECK(request(R"(, "json": {"a": [1]})").body == R"({"a":[1]})");
  CHECK(request(R"(, "json": {"a": [1]})").content_type == "application/json");
  CHECK(request(R"(, "text": "hi")").body == "hi");
}

TEST_CASE("what is no request is refused, and a refusal is none") {
  for (const auto* wrong :
       {"{", "[]", R"({"method": "GET"})", R"({"path": "x"})", R"({"path": "https://evil.example/"})"})
    CHECK_FALSE(parse_encoded(wrong));
  const auto cannot = parse_encoded(R"({"cannot": "hide", "text": "not here"})");
  REQUIRE(cannot.has_value());
  CHECK_FALSE(cannot->request);
  CHECK(cannot->cannot == "hide");
}
