// SPDX-License-Identifier: Apache-2.0
// What a plugin is given to make its instance from.
#include <boost/json.hpp>

#include "fixture.hpp"

using namespace postern;
using namespace postern::config;
namespace json = boost::json;

namespace {

const std::string kText = R"([ledger]
kek = { file = "kek" }
[platform.demo]
plugin = "demo"
app_secret = { credential = "app" }
patience = "1500ms"
chunk = "2KiB"
retries = 3
ratio = 1
strict = true
fields = ["a", "b"]
[account.one]
platform = "demo"
id = "17"
token = { file = "token" }
page = "front"
[account.two]
platform = "demo"
id = "18"
token = { file = "token" }
[handler.hello]
plugin = "hello"
greeting = "Hi"
delay = "2s"
[handler.hello.topics.shipping]
words = ["parcel", "shipping"]
answer = "It is on its way"
[handler.hello.topics."a/b"]
answer = "~"
)";

Config loaded(const Folder& folder) {
  folder.write("postern.toml", kText);
  Problems problems;
  const auto config = load(folder.main(), folder.around(), problems);
  INFO(problems.text());
  REQUIRE(config);
  return *config;
}

}  // namespace

TEST_CASE("a platform gets its options and accounts, and no secret") {
  const Folder folder;
  const Config config = loaded(folder);
  Problems problems;
  const std::string text = platform_json(config, config.platforms[0], platform_specs(), credentials(), problems);
  CHECK(problems.empty());
  CHECK(text.find("s3cret") == std::string::npos);
  json::object made = json::parse(text).as_object();
  CHECK(folder.local(std::string(made.at("$lines").at("/accounts/one/page").as_string())) == "postern.toml:16:8");
  CHECK_FALSE(made.at("$lines").as_object().contains("/app_secret"));
  made.erase("$lines");
  CHECK(json::value(made) ==
        json::parse(R"({"app_secret": true, "patience": 1500, "chunk": 2048, "retries": 3, "ratio": 1.0,
    "strict": true, "fields": ["a", "b"], "accounts": {"one": {"id": "17", "page": "front"}, "two": {"id": "18"}}})"));
  CHECK(json::parse(account_options_json(config.accounts[0], platform_specs())) == json::parse(R"({"page": "front"})"));
  CHECK(account_options_json(config.accounts[1], platform_specs()) == "{}");
}

TEST_CASE("a handler gets tables as they stand, and where each value stands") {
  const Folder folder;
  const Config config = loaded(folder);
  Problems problems;
  json::object made = json::parse(handler_json(config.handlers[0], handler_specs(), problems)).as_object();
  CHECK(problems.empty());
  const json::object lines = made.at("$lines").as_object();
  const auto line = [&](std::string_view pointer) { return folder.local(std::string(lines.at(pointer).as_string())); };
  CHECK(line("/topics/shipping/answer") == "postern.toml:27:10");
  CHECK(line("/topics/shipping/words/1") == "postern.toml:26:20");
  CHECK(line("/topics/a~1b/answer") == "postern.toml:29:10");
  made.erase("$lines");
  CHECK(json::value(made) ==
        json::parse(R"({"greeting": "Hi", "delay": 2000, "topics": {"shipping": {"words": ["parcel",
    "shipping"], "answer": "It is on its way"}, "a/b": {"answer": "~"}}})"));
}
