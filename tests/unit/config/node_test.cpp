// SPDX-License-Identifier: Apache-2.0
#include "config/node.hpp"

#include <random>

#include "catch.hpp"
#include "config/units.hpp"

using namespace postern;
using namespace postern::config;

TEST_CASE("a document keeps places and the order of the file") {
  Problems problems;
  const auto document = parse_document("z = 1\na = [\"x\", 2.5, true]\nm.n = 2026-09-01\n", "f.toml", problems);
  REQUIRE(document);
  CHECK(document->members[0].name == "z");
  CHECK(document->members[1].value.items[1].real == 2.5);
  CHECK(document->members[1].value.items[2].place.text() == "f.toml:2:16");
  const Node* date = document->find("m")->find("n");
  CHECK(date->kind == Node::Kind::date);
  CHECK(date->text == "2026-09-01");
  CHECK(rfc3339(date->number) == "2026-09-01T00:00:00.000Z");
  CHECK(document->find("none") == nullptr);
}

TEST_CASE("a key of thousands of parts is refused before the parser meets it") {
  Problems problems;
  std::string deep = "a = 1\n";
  for (int i = 0; i < 50'000; ++i) deep += "a.";
  CHECK_FALSE(parse_document(deep + "a = 1\n", "f.toml", problems));
  CHECK(problems.text() == "f.toml:2:1: the line has more than 1000 dots (break it up)\n");
}

TEST_CASE("a key of a thousand parts and lists in lists are survived") {
  Problems problems;
  std::string deep;
  for (int i = 0; i < 999; ++i) deep += "a.";
  CHECK(parse_document(deep + "a = 1\n", "f.toml", problems));
  CHECK_FALSE(parse_document("a = " + std::string(100'000, '['), "f.toml", problems));
  CHECK_FALSE(parse_document(std::string(300'000, '['), "f.toml", problems));
}

TEST_CASE("whatever stands in a file, it is read or refused") {
  std::mt19937 chance(3);
  const std::string letters = "ab=.[]{}\"'#,\n 0123-:T_\\\xC3\xFF";
  for (int run = 0; run < 20'000; ++run) {
    std::string text(chance() % 60, ' ');
    for (char& c : text) c = letters[chance() % letters.size()];
    Problems problems;
    const bool read = parse_document(text, "f.toml", problems).has_value();
    REQUIRE(read == problems.empty());
  }
}

TEST_CASE("durations and sizes") {
  CHECK(parse_duration("300ms") == 300 * kMilli);
  CHECK(parse_duration("2s") == 2 * kSecond);
  CHECK(parse_duration("5m") == 5 * kMinute);
  CHECK(parse_duration("24h") == kDay);
  CHECK(parse_duration("7d") == 7 * kDay);
  CHECK(parse_duration("0s") == 0);
  for (const char* wrong : {"", "s", "5", "5 s", "-5s", "5S", "1.5s", "5sec", "9223372036854775807d", " 5s"})
    CHECK_FALSE(parse_duration(wrong));
  CHECK(parse_size("512") == 512);
  CHECK(parse_size("64KiB") == 65'536);
  CHECK(parse_size("3MiB") == 3'145'728);
  CHECK(parse_size("1GiB") == 1'073'741'824);
  for (const char* wrong : {"", "MiB", "3MB", "3 MiB", "-3MiB", "3mib", "9223372036854775807KiB"})
    CHECK_FALSE(parse_size(wrong));
}

TEST_CASE("what was meant is guessed only if it is near") {
  const std::vector<std::string_view> words = {"listen", "log_level", "name"};
  CHECK(nearest("lisen", words) == "listen");
  CHECK(nearest("lsiten", words) == "listen");
  CHECK(nearest("loglevel", words) == "log_level");
  CHECK(nearest("nmae", words) == "name");
  CHECK(nearest("colour", words).empty());
  CHECK(nearest("", words).empty());
  CHECK(nearest(std::string(10'000, 'x'), words).empty());
}
