// SPDX-License-Identifier: Apache-2.0
#include <postern/option.hpp>

#include "catch.hpp"

using namespace postern;

namespace {

constexpr Option kOptions[] = {{"app_id", postern::string, required, "The app's id."},
                               {"limit", integer, "20", "How many."},
                               {"ratio", real, "0.25", "How much."},
                               {"loud", boolean, "true", "Whether."},
                               {"wait", duration, "5m", "How long."},
                               {"room", postern::size, "64KiB", "How big."},
                               {"words", list, absent, "Which."},
                               {"languages", list, "en,pt", "Which, too."},
                               {"most", integer, absent, "How many at most."},
                               {"app_secret", secret, absent, "The app's secret."},
                               {"page", postern::string, required, "The page.", per_account}};

std::string refusal(std::string_view document) {
  const Json json = parse_json(document);
  try {
    Config config(json, kOptions);
  } catch (const BadConfig& bad) {
    return bad.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("defaults stand in for what is not said") {
  const Json json = parse_json(R"({"app_id": "7"})");
  const Config config(json, kOptions);
  CHECK(config.string("app_id") == "7");
  CHECK(config.integer("limit") == 20);
  CHECK(config.real("ratio") == 0.25);
  CHECK(config.boolean("loud"));
  CHECK(config.duration("wait") == std::chrono::minutes(5));
  CHECK(config.size("room") == 65536);
  CHECK(config.list("words").empty());
  CHECK(config.list("languages") == std::vector<std::string>{"en", "pt"});
  CHECK(config.integer("most") == 0);
  CHECK_FALSE(config.has_secret("app_secret"));
}

TEST_CASE("what is said wins") {
  const Json json = parse_json(R"({"app_id": "7", "limit": -1, "ratio": 2, "loud": false, "wait": 1500, "room": "3MiB",
                                   "words": ["a", "b"], "app_secret": true})");
  const Config config(json, kOptions);
  CHECK(config.integer("limit") == -1);
  CHECK(config.real("ratio") == 2);
  CHECK_FALSE(config.boolean("loud"));
  CHECK(config.duration("wait") == std::chrono::milliseconds(1500));
  CHECK(config.size("room") == 3u << 20);
  CHECK(config.list("words") == std::vector<std::string>{"a", "b"});
  CHECK(config.has_secret("app_secret"));
}

TEST_CASE("a wrong configuration is refused by the option's name") {
  CHECK(refusal(R"({})") == "option \"app_id\" is missing: The app's id.");
  CHECK(refusal(R"({"app_id": 7})") == "option \"app_id\": expected a string, found 7");
  CHECK(refusal(R"({"app_id": "7", "limit": "ten"})") ==
        "option \"limit\": expected an integer, found the string \"ten\"");
  CHECK(refusal(R"({"app_id": "7", "wait": "5 parsecs"})") ==
        "option \"wait\": expected a duration like \"10s\", found the string \"5 parsecs\"");
  CHECK(refusal(R"({"app_id": "7", "words": "a"})") == "option \"words\": expected a list, found the string \"a\"");
  CHECK(refusal(R"({"app_id": 7, "$lines": {"/app_id": "postern.toml:3:10"}})") ==
        "postern.toml:3:10: option \"app_id\": expected a string, found 7");
  CHECK(refusal(R"({"app_id": "7", "wait": "99999999999999d"})").starts_with("option \"wait\": expected a duration"));
  CHECK(refusal(R"([])") == "configuration: expected an object");
  CHECK(refusal(R"({"app_id": "7"})") == "accepted");
}

TEST_CASE("reading what was not declared is the author's mistake") {
  const Json json = parse_json(R"({"app_id": "7"})");
  const Config config(json, kOptions);
  CHECK_THROWS_AS(config.string("app_idd"), std::logic_error);
  CHECK_THROWS_AS(config.integer("app_id"), std::logic_error);
}

TEST_CASE("a list may hold tables, and an author says what is wrong in them, and where") {
  const Json json = parse_json(R"({"app_id": "7", "words": [{"say": "a"}, {"say": 1}],
                                   "$lines": {"/words/1/say": "postern.toml:9:7"}})");
  const Config config(json, kOptions);
  CHECK(config.items("words").at(0)["say"].text() == "a");
  CHECK(std::string(config.wrong("/words/1/say", "expected a string", config.items("words").at(1)["say"]).what()) ==
        "postern.toml:9:7: option \"words/1/say\": expected a string, found 1");
  CHECK_THROWS_AS(config.list("words"), BadConfig);
}
