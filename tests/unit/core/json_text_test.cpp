// SPDX-License-Identifier: Apache-2.0
#include "core/json_text.hpp"

#include <boost/json.hpp>

#include "catch.hpp"

using namespace postern::core;

TEST_CASE("any text comes back from JSON as it was") {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  text += "\xc3\xa4\xf0\x9f\x98\x80 \"quoted\" \\";
  std::string out;
  append_json(out, text);
  CHECK(std::string_view(boost::json::parse(out).as_string()) == text);
}

TEST_CASE("an object holds what was added, and leaves out what is empty") {
  std::string out;
  JsonObject(out)
      .add("text", "a\"b")
      .add("n", std::int64_t{-7})
      .add("yes", true)
      .add_if("none", "")
      .raw("list", "[1]")
      .end();
  const auto object = boost::json::parse(out).as_object();
  CHECK(object.size() == 4);
  CHECK(object.at("text").as_string() == "a\"b");
  CHECK(object.at("n").as_int64() == -7);
  CHECK(object.at("list").as_array().size() == 1);
  std::string empty;
  JsonObject(empty).end();
  CHECK(empty == "{}");
}
