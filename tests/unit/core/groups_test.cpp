// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

namespace {

std::string member(const std::string& change, const std::string& who) {
  return R"({"kind":"member","thread":"g","group":true,"change":")" + change + R"(","key":")" + change + who +
         R"(","sender":{"id":")" + who + "\"}}";
}

std::string said(const std::string& who) {
  return R"({"kind":"message","thread":"g","group":true,"text":"hi","key":"m)" + who + R"(","sender":{"id":")" + who +
         R"(","name":"Name of )" + who + "\"}}";
}

std::string document(const Stage& stage) {
  return *stage.disk.conversations().begin()->second.doc;
}

}  // namespace

TEST_CASE("a group knows who has come or spoken, and not left") {
  Stage stage;
  const auto tell = [&](const std::string& text) { stage.receive(parse_event(text).value()); };
  tell(member("joined", "p1"));
  tell(said("p2"));
  tell(said("p2"));
  tell(member("asked", "p3"));
  CHECK(stage.disk.conversations().size() == 1);
  CHECK(document(stage).find(R"("participants":[)") != std::string::npos);
  const auto count = [&] {
    const std::string doc = document(stage);
    const auto from = doc.find(R"("participants":[)");
    if (from == std::string::npos) return std::ptrdiff_t{0};
    return std::count(doc.begin() + static_cast<std::ptrdiff_t>(from),
                      doc.begin() + static_cast<std::ptrdiff_t>(doc.find(']', from)), ',') +
           1;
  };
  CHECK(count() == 2);
  SECTION("in this process") {}
  SECTION("after a restart") {
    stage.start();
  }
  tell(member("left", "p1"));
  CHECK(count() == 1);
  tell(member("left", "p1"));
  tell(member("left", "p2"));
  CHECK(count() == 0);
}

TEST_CASE("a handler in a group is told the name of who speaks") {
  Stage stage;
  stage.receive(parse_event(said("p1")).value());
  stage.answer({});
  stage.receive(parse_event(said("p2")).value());
  const auto calls = stage.all<Handle>();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].context.find(R"("name":"Name of p2")") != std::string::npos);
  CHECK(calls[0].context.find(R"("participants":2)") != std::string::npos);
}
