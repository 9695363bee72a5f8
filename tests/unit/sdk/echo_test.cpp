// SPDX-License-Identifier: Apache-2.0
#include <postern/fake_host.hpp>

#include "catch.hpp"

TEST_CASE("echo answers with the whole text, whatever is in it") {
  postern::FakeHost host;
  const auto said = host.handle(R"({"kind": "message", "text": "a \"quoted\"\n\u00e9\u0001 \ud83d\ude00"})");
  REQUIRE(said.items.size() == 1);
  CHECK(said.items[0].at("effect") == "reply");
  CHECK(said.items[0].at("text") == "You said: a \"quoted\"\n\xC3\xA9\x01 \xF0\x9F\x98\x80");
  CHECK(said.flow == POSTERN_STOP);
}

TEST_CASE("echo leaves what has no text to the next handler") {
  postern::FakeHost host;
  for (const char* event : {R"({"kind": "message"})", R"({"kind": "comment", "text": "nice"})"}) {
    const auto said = host.handle(event);
    CHECK(said.items.empty());
    CHECK(said.flow == POSTERN_NEXT);
  }
}
