// SPDX-License-Identifier: Apache-2.0
// Lengths and splitting. The property tests build texts of clusters that are known to be one character each, so the
// expected borders do not come from the code under test.
#include "core/policy/text.hpp"

#include <random>
#include <set>

#include "catch.hpp"

using namespace postern::core::policy;

namespace {

const std::vector<std::string> kClusters = {
    "a",
    "Z",
    "é",
    "e\u0301",                                                           // combining accent
    "n\u0303\u0323",                                                     // two of them
    "😀",                                                                 // one code point, two UTF-16 units
    "👍🏽",                                                          // skin tone
    "👩\u200D👩\u200D👧\u200D👦",                                            // family
    "❤\uFE0F",                                                           // variation selector
    "🏳\uFE0F\u200D🌈",                                              // both
    "🇵🇹",                                                                // flag
    "1\uFE0F\u20E3",                                                     // keycap
    "🏴\U000E0067\U000E0062\U000E0073\U000E0063\U000E0074\U000E007F",  // tags: Scotland
    "각",                                                                // a Hangul syllable, whole
    "\u1100\u1161\u11A8",                                                // and as three letters
    "가\u11A8",                                                          // and half and half
    "नि",                                                                // Devanagari vowel sign
    "ก็",                                                                 // Thai mark
    "漢",
    "\r\n",
};
const std::vector<std::string> kBreaks = {" ", ". ", "! ", "\n", "\n\n", "。", ", "};

struct Sample {
  std::string text;
  std::set<std::size_t> borders{0};
  std::size_t longest = 0;  // of one cluster, in bytes
};

Sample sample(std::mt19937& chance) {
  Sample made;
  const auto add = [&](const std::string& cluster) {
    made.text += cluster;
    made.borders.insert(made.text.size());
    made.longest = std::max(made.longest, cluster.size());
  };
  const std::size_t count = 1 + chance() % 120;
  for (std::size_t i = 0; i < count; ++i) {
    if (chance() % 5 != 0)
      add(kClusters[chance() % kClusters.size()]);
    else
      for (const char* at = kBreaks[chance() % kBreaks.size()].data(); *at != 0;) {
        const std::size_t size = static_cast<unsigned char>(*at) >= 0xE0 ? 3 : 1;
        add(std::string(at, size));
        at += size;
      }
  }
  return made;
}

}  // namespace

TEST_CASE("a text's length is counted as the platform does") {
  CHECK(length("", Unit::bytes) == 0);
  CHECK(length("café", Unit::codepoints) == 4);
  CHECK(length("café", Unit::bytes) == 5);
  CHECK(length("café", Unit::utf16) == 4);
  CHECK(length("😀", Unit::codepoints) == 1);
  CHECK(length("😀", Unit::bytes) == 4);
  CHECK(length("😀", Unit::utf16) == 2);
  CHECK(length("👩\u200D👩", Unit::codepoints) == 3);
}

TEST_CASE("X weighs") {
  const std::string tail(100, 'x'), link = "https://a.example/" + tail;
  const std::pair<std::string, std::int64_t> weights[] = {
      {"", 0},
      {"café", 4},
      {"Привет", 6},
      {"ა", 1},   // U+10D0, of the last light alphabet
      {"ᄀ", 2},  // U+1100, the first heavy letter
      {"“a” – b", 7},
      {"日本", 4},
      {"😀", 2},
      {"👨‍👩‍👧‍👦🇵🇹1️⃣❤️", 8},  // an emoji is two, however it is composed
      {"see " + link + " now", 4 + 23 + 4},
      {"(" + link + ").", 1 + 23 + 2},
      {link + "日本", 23 + 4},
      {"http://a.bc", 23},
      {"https:/", 7},
      {"http://localhost/" + tail, 117},
      {"a.example", 23},
      {"a.example/" + tail, 110},  // counted as a text, which is never too little
      {"me@a.example", 12},
      {"v1.25 ...", 9},
  };
  for (const auto& [text, weight] : weights) {
    INFO(text);
    CHECK(length(text, Unit::weighted) == weight);
  }
}

TEST_CASE("a link goes out in one piece, and a text of many weights is cut where it may be") {
  using Parts = std::vector<std::string>;
  const std::string link = "https://a.example/" + std::string(40, 'x');
  CHECK(split("See this: " + link, Unit::weighted, 30) == Parts{"See this: ", link});
  CHECK(split(link + link, Unit::weighted, 30) == Parts{link + link});  // one long link, as X reads it
  CHECK(split("日本語日本語。日本語日本語日本語", Unit::weighted, 24) == Parts{"日本語日本語。", "日本語日本語日本語"});
  CHECK(split("One two. Three four five six", Unit::weighted, 23) == Parts{"One two. Three four ", "five six"});
}

TEST_CASE("every known cluster is one, alone and between others") {
  for (const std::string& cluster : kClusters) {
    INFO(cluster);
    CHECK(cluster_end(cluster, 0) == cluster.size());
    CHECK(cluster_end("x" + cluster + "y", 1) == 1 + cluster.size());
    if (cluster != "\r\n") CHECK(cluster_end(cluster + cluster, 0) == cluster.size());
  }
}

TEST_CASE("three flag letters are a flag and a half") {
  const std::string text = "🇵🇹🇪";
  CHECK(cluster_end(text, 0) == 8);
  CHECK(cluster_end(text, 8) == 12);
}

TEST_CASE("bytes that are no UTF-8 are characters of their own") {
  CHECK(cluster_end("\xFF\xFE", 0) == 1);
  CHECK(cluster_end("\xE2\x82", 0) == 1);
  CHECK(cluster_end("\x80", 0) == 1);
  CHECK(cluster_end("", 0) == 0);
}

TEST_CASE("a text that fits stays whole, an empty one has no part") {
  CHECK(split("hello", Unit::bytes, 5) == std::vector<std::string>{"hello"});
  CHECK(split("", Unit::bytes, 5).empty());
}

TEST_CASE("paragraphs come before sentences, sentences before spaces, spaces before anything") {
  using Parts = std::vector<std::string>;
  CHECK(split("One two. Three.\n\nFour. Five six", Unit::codepoints, 25) ==
        Parts{"One two. Three.\n\n", "Four. Five six"});
  CHECK(split("One two. Three four five", Unit::codepoints, 15) == Parts{"One two. ", "Three four five"});
  CHECK(split("one two three four", Unit::codepoints, 10) == Parts{"one two ", "three four"});
  CHECK(split("onetwothreefour", Unit::codepoints, 6) == Parts{"onetwo", "threef", "our"});
  CHECK(split("一二。三四五", Unit::codepoints, 4) == Parts{"一二。", "三四五"});
}

TEST_CASE("a sentence that ends early does not make a tiny part") {
  CHECK(split("Yes. " + std::string(60, 'x') + " " + std::string(60, 'y'), Unit::codepoints, 100)[0].size() == 66);
}

TEST_CASE("a cluster longer than a part is cut between code points, never within one") {
  const std::string zalgo = "a" + [] {
    std::string marks;
    for (int i = 0; i < 50; ++i) marks += "\u0301";
    return marks;
  }();
  std::string joined;
  for (const std::string& part : split(zalgo, Unit::bytes, 10)) {
    CHECK(part.size() <= 10);
    CHECK((static_cast<unsigned char>(part[0]) & 0xC0) != 0x80);
    joined += part;
  }
  CHECK(joined == zalgo);
  CHECK(split("😀", Unit::bytes, 1) == std::vector<std::string>{"😀"});
}

TEST_CASE("for any text, unit and limit: nothing is lost, no part is too long, no cluster is cut") {
  std::mt19937 chance(20'260'901);
  for (int run = 0; run < 20'000; ++run) {
    const Sample made = sample(chance);
    const auto unit = static_cast<Unit>(chance() % 3);
    const auto max = static_cast<std::int64_t>(made.longest + chance() % 60);
    std::string joined;
    for (const std::string& part : split(made.text, unit, max)) {
      joined += part;
      REQUIRE_FALSE(part.empty());
      REQUIRE(length(part, unit) <= max);
      INFO("run " << run << ", border at byte " << joined.size());
      REQUIRE(made.borders.count(joined.size()) == 1);
    }
    REQUIRE(joined == made.text);
  }
}

TEST_CASE("any bytes at all can be split") {
  std::mt19937 chance(7);
  for (int run = 0; run < 5'000; ++run) {
    std::string text(1 + chance() % 200, '\0');
    for (char& c : text) c = static_cast<char>(chance());
    const auto max = static_cast<std::int64_t>(1 + chance() % 20);
    std::string joined;
    for (const std::string& part : split(text, static_cast<Unit>(chance() % 3), max)) joined += part;
    REQUIRE(joined == text);
  }
}
