// SPDX-License-Identifier: Apache-2.0
#include "host/instance.hpp"

#include "catch.hpp"
#include "fixtures.hpp"

using namespace postern;
using namespace postern::host;

namespace {

Instance made(const std::filesystem::path& file, std::string_view config = "{}", Instance::LogFunction log = {}) {
  const auto library = Library::load(file);
  REQUIRE(library);
  auto instance = Instance::create(*library, config, std::move(log));
  REQUIRE(instance);
  return std::move(*instance);
}

std::string text(const Instance::Given& given) {
  if (!given) return "fault: " + given.error().what;
  std::string all;
  for (std::size_t i = 0; i < (*given)->size(); ++i) all += std::string((**given)[i]) + "\n";
  return all + ((*given)->stop ? "stop" : "next");
}

std::string handled(Instance& instance, std::string_view event) {
  return text(instance.handle(event, "{}", "{}", "{}", 0));
}

}  // namespace

TEST_CASE("items are kept in order and bounded") {
  Items items;
  CHECK(items.add("one"));
  CHECK(items.add(""));
  CHECK(items.add("three"));
  REQUIRE(items.size() == 3);
  CHECK(items[0] == "one");
  CHECK(items[1].empty());
  CHECK(items[2] == "three");
  CHECK_FALSE(items.add(std::string(kMostBytesPerCall, 'x')));
  CHECK(items.size() == 3);
  items.clear();
  CHECK(items.size() == 0);
  CHECK(items.add(std::string(kMostBytesPerCall, 'x')));
  CHECK_FALSE(items.add("x"));
}

TEST_CASE("a platform decodes, encodes and interprets") {
  auto mirror = made(fixture("mirror"), R"({"kind": "message"})");
  CHECK(text(mirror.decode(R"(["a", "b"])", R"({"account": "acme"})", 0)) ==
        "{\"kind\":\"message\",\"thread\":\"acme\",\"text\":\"a\"}\n"
        "{\"kind\":\"message\",\"thread\":\"acme\",\"text\":\"b\"}\nnext");
  CHECK(text(mirror.decode("[]", "{}", 0)) == "next");
  CHECK(text(mirror.decode("[", "{}", 0)).starts_with("fault: not JSON"));
  CHECK(text(mirror.encode(R"({"kind": "part", "part": {"text": "hi"}})", 0)) ==
        "{\"method\":\"POST\",\"path\":\"/mirror\",\"text\":\"hi\",\"auth\":{\"as\":\"bearer\"}}\nnext");
  CHECK(text(mirror.interpret(R"({"task": "7"})", 202, R"({"x-thread": "t"})", "body", 0)) ==
        "{\"outcome\":\"sent\",\"id\":\"7 202 body\",\"thread\":\"t\"}\nnext");
}

TEST_CASE("a handler in C handles and logs") {
  std::vector<std::string> lines;
  auto plain = made(fixture("plain_c"), "{}", [&](std::int32_t level, std::string_view line) {
    lines.push_back(std::to_string(level) + " " + std::string(line));
  });
  CHECK(handled(plain, "{}") == "{\"effect\":\"tag\",\"tag\":\"c\"}\nstop");
  CHECK(lines == std::vector<std::string>{"1 created {\"by\":\"C\"}", "0 handled"});
}

TEST_CASE("a configuration that the plugin refuses fails with its words") {
  const auto mirror = Library::load(fixture("mirror"));
  REQUIRE(mirror);
  const auto bad = Instance::create(*mirror, "{}", {});
  REQUIRE_FALSE(bad);
  CHECK(bad.error().what == "org.example.mirror: option \"kind\" is missing: The kind of the events that it makes.");
  CHECK_FALSE(bad.error().remedy.empty());

  const auto throwing = Library::load(fixture("throws_in_create"));
  REQUIRE(throwing);
  const auto thrown = Instance::create(*throwing, "{}", {});
  REQUIRE_FALSE(thrown);
  CHECK(thrown.error().what == "org.example.throws-in-create: the moon is in the wrong phase");
}

TEST_CASE("what a broken plugin gives is a fault, and nothing of it remains") {
  auto throwing = made(fixture("throws_in_handle"));
  CHECK(handled(throwing, R"({"kind": "message"})") == "fault: no answer to a message");
  CHECK(handled(throwing, "junk").starts_with("fault: not JSON"));

  auto endless = made(fixture("gives_too_much"));
  CHECK(handled(endless, "{}") == "fault: gave more than 4096 items or 4194304 bytes in one call");

  auto twofold = made(fixture("gives_two_requests"));
  CHECK(text(twofold.encode("{}", 0)) == "fault: encode: expected one request, found 2");
  CHECK(text(twofold.interpret("{}", 200, "{}", "", 0)) == "fault: interpret: expected an outcome, found nothing");
}

TEST_CASE("items are handed on as they are: the broker is the one who reads them") {
  auto junk = made(fixture("gives_junk_json"));
  CHECK(handled(junk, "{}") == "{\"effect\": \xff\nnext");
}

TEST_CASE("two instances of one plugin have configurations of their own") {
  auto first = made(shipped("echo"), R"({"prefix": "1 "})");
  auto second = made(shipped("echo"), R"({"prefix": "2 "})");
  const char* const event = R"({"kind": "message", "text": "x"})";
  CHECK(handled(first, event) == "{\"effect\":\"reply\",\"text\":\"1 x\"}\nstop");
  CHECK(handled(second, event) == "{\"effect\":\"reply\",\"text\":\"2 x\"}\nstop");
}
