// SPDX-License-Identifier: Apache-2.0
#include "search/words.hpp"

#include "catch.hpp"

using namespace postern::search;

namespace {

bool finds(std::string_view wanted, std::string_view text) {
  return Wanted(wanted).in(words_of(text));
}

}  // namespace

TEST_CASE("a text is its words in small letters, whatever stands between them") {
  CHECK(words_of("Where is my ORDER?") == " where is my order ");
  CHECK(words_of("  e-mail:\tme@acme.example\n") == " e mail me acme example ");
  CHECK(words_of("ÄRGER über “Größe”…ДА") == " ärger über größe да ");
  CHECK(words_of("退订吧, ok") == " 退 订 吧 ok ");
  CHECK(words_of("😀 !?").empty());
  CHECK(words_of("").empty());
  CHECK(words_of("bad \xff\xfe bytes") == words_of("bad   bytes"));
}

TEST_CASE("all words are wanted, of the last one its beginning is enough") {
  const auto* text = "My order 4711 has not arrived";
  CHECK(finds("order", text));
  CHECK(finds("ORDER arrived", text));
  CHECK(finds("order arr", text));
  CHECK_FALSE(finds("ord arrived", text));
  CHECK_FALSE(finds("order lost", text));
  CHECK_FALSE(finds("rder", text));
  CHECK_FALSE(finds("order ", "orders"));
}

TEST_CASE("a phrase is wanted as it stands, and so is what is one word to a person") {
  const auto* text = "The not yet opened e-mail of me@acme.example";
  CHECK(finds("\"not yet\"", text));
  CHECK_FALSE(finds("\"yet not\"", text));
  CHECK_FALSE(finds("\"not ye\"", text));
  CHECK(finds("\"not yet\" op", text));
  CHECK(finds("e-mail", text));
  CHECK(finds("me@acme.ex", text));
  CHECK_FALSE(finds("acme@me", text));
  CHECK(finds("退订", "我要退订。"));
  CHECK_FALSE(finds("订退", "我要退订。"));
}

TEST_CASE("what has no word in it finds nothing to look for") {
  CHECK(Wanted("").empty());
  CHECK(Wanted(" \"\" ?!").empty());
  CHECK_FALSE(Wanted("\"open").empty());
}
