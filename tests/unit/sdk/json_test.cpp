// SPDX-License-Identifier: Apache-2.0
#include <postern/json.hpp>

#include "catch.hpp"

using namespace postern;

TEST_CASE("a node of what is missing is absent all the way down") {
  const Json json = parse_json(R"({"entry": [{"id": 7}, {"id": "x"}], "none": null, "text": "t"})");
  const Node node(json);
  CHECK(node["entry"].at(1)["id"].text() == "x");
  CHECK_FALSE(node["none"]);
  CHECK_FALSE(node["text"]["below"].at(3)["text"]);
  CHECK(node["text"].integer(5) == 5);
  CHECK(node["missing"].text("otherwise") == "otherwise");
  std::string ids;
  for (const Node entry : node["entry"]) ids += entry["id"].id() + ",";
  CHECK(ids == "7,x,");
  for (const Node each : node["text"]) CHECK_FALSE(each);  // a string has no elements
}

TEST_CASE("an id is exact or refused") {
  const Json json =
      parse_json(R"([17841405822304914, 18446744073709551615, 18446744073709551616, "18446744073709551616",
                                   1.5, true, null, -3])");
  const Node ids(json);
  CHECK(ids.at(0).id() == "17841405822304914");
  CHECK(ids.at(1).id() == "18446744073709551615");
  CHECK_THROWS_AS(ids.at(2).id(), BadInput);
  CHECK(ids.at(3).id() == "18446744073709551616");
  CHECK_THROWS_AS(ids.at(4).id(), BadInput);
  CHECK_THROWS_AS(ids.at(5).id(), BadInput);
  CHECK(ids.at(6).id().empty());
  CHECK(ids.at(7).id() == "-3");
  CHECK(ids.at(9).id().empty());
}

TEST_CASE("the parser refuses what is not UTF-8, too deep, or cut off") {
  CHECK_THROWS_AS(parse_json("{\"a\": \"\xff\"}"), BadInput);
  CHECK_THROWS_AS(parse_json("{\"a\": \"\xed\xa0\x80\"}"), BadInput);
  CHECK_THROWS_AS(parse_json(std::string(33, '[') + std::string(33, ']')), BadInput);
  CHECK_NOTHROW(parse_json(std::string(32, '[') + std::string(32, ']')));
  CHECK_THROWS_AS(parse_json(R"({"a": )"), BadInput);
  CHECK_THROWS_AS(parse_json(""), BadInput);
}

TEST_CASE("a writer sets commas and escapes") {
  std::string out;
  Writer writer(out);
  writer.object().field("id", "7").field("n", -1).field("big", ~0ull).field("ok", true).field("r", 0.5);
  writer.array("tags").value("a\"\\\n\x01").array().end().object().end().value(2).end();
  writer.field("json", parse_json(R"({"k":[1]})")).field("none", Node()).optional("empty", "").end();
  CHECK(writer.depth() == 0);
  CHECK(out == R"({"id":"7","n":-1,"big":18446744073709551615,"ok":true,"r":0.5,)"
               R"("tags":["a\"\\\n\u0001",[],{},2],"json":{"k":[1]},"none":null})");
  CHECK_THROWS_AS(writer.end(), std::logic_error);
}

TEST_CASE("whatever bytes a writer is given, it writes JSON") {
  const std::string good = "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80";
  const std::string bad[] = {"\x80",         "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                             "\xF0\x9F\x98", "\xFF"};
  std::string out;
  Writer(out).value(good);
  CHECK(out == "\"" + good + "\"");
  for (const auto& text : bad) {
    out.clear();
    Writer(out).value("a" + text + "b");
    const Json back = parse_json(out);
    CHECK(Node(back).text().find("\xEF\xBF\xBD") == 1);
    CHECK(Node(back).text().back() == 'b');
  }
}

TEST_CASE("documents are written as they were read, but for numbers that JSON has not") {
  const auto written = [](std::string_view text) {
    std::string out;
    postern::Writer(out).value(postern::parse_json(text));
    return out;
  };
  for (const auto* text :
       {R"({"a":[],"b":{},"c":[1,-2,18446744073709551615,0.5,true,null,"\u0001é"],"d":{"e":[[2]]}})", "7", "[]"})
    CHECK(written(text) == text);
  CHECK(written("[1e999, -1e999]") == "[null,null]");
}
