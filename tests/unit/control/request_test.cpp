// SPDX-License-Identifier: Apache-2.0
#include "control/request.hpp"

#include "catch.hpp"

using namespace postern::control;

TEST_CASE("a request is read, and its id kept as it came") {
  const auto request = parse_request(R"({"jsonrpc":"2.0","id":"a\"b","method":"show","params":{"limit":3}})");
  REQUIRE(request);
  CHECK(request->id == R"("a\"b")");
  CHECK(request->method == "show");
  CHECK(request->params.at("limit").as_int64() == 3);
  CHECK(parse_request(R"({"jsonrpc":"2.0","id":-7,"method":"x"})")->id == "-7");
  CHECK(parse_request(R"({"jsonrpc":"2.0","method":"x"})")->id == "null");
}

TEST_CASE("what is no request is refused with the code that JSON-RPC has for it") {
  struct Case {
    const char* text;
    int code;
    const char* id;
  };
  for (const auto& [text, code, id] :
       {Case{"", kParseError, "null"}, Case{"{", kParseError, "null"}, Case{"\xff\xfe", kParseError, "null"},
        Case{"[]", kInvalidRequest, "null"}, Case{"7", kInvalidRequest, "null"},
        Case{R"({"id":{},"jsonrpc":"2.0","method":"x"})", kInvalidRequest, "null"},
        Case{R"({"id":1.5,"jsonrpc":"2.0","method":"x"})", kInvalidRequest, "null"},
        Case{R"({"id":1,"method":"x"})", kInvalidRequest, "1"},
        Case{R"({"id":1,"jsonrpc":"1.0","method":"x"})", kInvalidRequest, "1"},
        Case{R"({"id":1,"jsonrpc":"2.0"})", kInvalidRequest, "1"},
        Case{R"({"id":1,"jsonrpc":"2.0","method":5})", kInvalidRequest, "1"},
        Case{R"({"id":1,"jsonrpc":"2.0","method":"x","params":[1]})", kInvalidParams, "1"}}) {
    INFO(text);
    const auto request = parse_request(text);
    REQUIRE_FALSE(request);
    CHECK(request.error().code == code);
    CHECK(request.error().id == id);
    CHECK_FALSE(request.error().message.empty());
  }
}

TEST_CASE("nesting that would break a parser is refused") {
  CHECK(parse_request(std::string(100'000, '[')).error().code == kParseError);
}

TEST_CASE("answers carry the id and the text as they are") {
  CHECK(result_text("7", "[1]") == R"({"jsonrpc":"2.0","id":7,"result":[1]})");
  CHECK(error_text("\"a\"", error_object(kNotFound, "say \"x\"")) ==
        R"({"jsonrpc":"2.0","id":"a","error":{"code":-32004,"message":"say \"x\""}})");
}
