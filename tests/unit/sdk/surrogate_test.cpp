// SPDX-License-Identifier: Apache-2.0
#include <postern/json.hpp>

#include "catch.hpp"

using postern::Node;
using postern::parse_json;
using postern::replace_lone_surrogates;

TEST_CASE("an escape of half a character becomes U+FFFD") {
  CHECK(replace_lone_surrogates(R"("a\ud83d")") == R"("a\ufffd")");
  CHECK(replace_lone_surrogates(R"("\ude00a")") == R"("\ufffda")");
  CHECK(replace_lone_surrogates(R"("\ud83d\ud83d\ude00")") == R"("\ufffd\ud83d\ude00")");
  CHECK(replace_lone_surrogates(R"("\uD83Dx\uDE00")") == R"("\ufffdx\ufffd")");
}

TEST_CASE("whole characters, escaped backslashes and ends that are cut off stay") {
  for (const auto* text : {R"("\ud83d\ude00 \u00e9")", R"("\\ud83d")", R"("\ud8)", R"("\)", R"("\u12G4 \ud83g")", ""})
    CHECK(replace_lone_surrogates(text) == text);
}

TEST_CASE("a document with half a character is read, one that is broken otherwise is not") {
  const auto json = parse_json(R"({"text": "a\ud83d", "id": "7"})");
  CHECK(Node(json)["text"].text() == "a\xEF\xBF\xBD");
  CHECK_THROWS_AS(parse_json(R"({"text": "a\ud83d)"), postern::BadInput);
  CHECK_THROWS_AS(parse_json("\"\xFF\""), postern::BadInput);
}

TEST_CASE("ids and numbers that can be done without") {
  const auto json =
      parse_json(R"({"a": "7", "b": 18446744073709551615, "c": 1e30, "d": [], "e": null, "f": -9.139337})");
  CHECK(Node(json)["a"].id_if_any() == "7");
  CHECK(Node(json)["b"].id_if_any() == "18446744073709551615");
  for (const auto* name : {"c", "d", "e", "x"}) CHECK(Node(json)[name].id_if_any().empty());
  CHECK(Node(json)["f"].decimal() == "-9.139337");
  CHECK(Node(json)["a"].decimal() == "7");
  CHECK(Node(json)["d"].decimal().empty());
}
