// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "unit/autoresponder/rig.hpp"

namespace {

constexpr std::string_view kShop = R"({
  "interval": 600000, "loop_answers": 3, "loop_window": 3600000,
  "brand": {"returns": "30 days"},
  "topics": {
    "prices": {"keywords": ["price", "preço", "how much"], "reply": "Hello {{contact.first_name|there}}, see our list."},
    "returns": {"keywords": ["return"], "patterns": ["send (it|them) back"], "reply": "Within {{brand.returns}}."},
    "size": {"keywords": ["size"], "reply": "Yours is {{attribute.size}}."},
    "start": {"payloads": ["GET_STARTED"], "reply": "Welcome!"}}})";

const std::string kPrices = R"({"effect":"reply","text":"Hello Rita, see our list."})";

}  // namespace

TEST_CASE("a keyword is a whole word in any case and script") {
  for (const auto* text : {"Price?", "what's the PRICE", "qual é o PREÇO?", "how much is it", "price"}) {
    Rig rig(kShop);
    INFO(text);
    CHECK(rig.says(text) == kPrices);
    CHECK(rig.flow == POSTERN_STOP);
  }
  for (const auto* text : {"priceless", "surprice", "preços", "apreço", "how muchness", "", "hello"}) {
    Rig rig(kShop);
    INFO(text);
    CHECK(rig.says(text).empty());
    CHECK(rig.flow == POSTERN_NEXT);
  }
}

TEST_CASE("patterns and payloads match, too") {
  Rig rig(kShop);
  CHECK(rig.says("Can I SEND THEM back?") == R"({"effect":"reply","text":"Within 30 days."})");
  rig.wait_minutes(10);
  CHECK(rig.sends(R"({"kind": "postback", "thread": "t", "postback": {"payload": "GET_STARTED"}})") ==
        R"({"effect":"reply","text":"Welcome!"})");
}

TEST_CASE("two topics at once are left to a person") {
  Rig rig(kShop);
  CHECK(rig.says("What is the price of a return?").empty());
  CHECK(rig.flow == POSTERN_NEXT);
}

TEST_CASE("a variable takes its default, and a reply that lacks a value is not sent") {
  Rig rig(kShop);
  rig.context = R"({"account": "acme", "platform": "telegram", "conversation": "c1"})";
  CHECK(rig.says("price") == R"({"effect":"reply","text":"Hello there, see our list."})");
  rig.wait_minutes(10);
  CHECK(rig.says("my size?").empty());
  rig.context = R"({"conversation": "c1", "attributes": {"size": "42"}})";
  CHECK(rig.says("my size?") == R"({"effect":"reply","text":"Yours is 42."})");
}

TEST_CASE("what a contact is called is text and no template") {
  Rig rig(kShop);
  rig.context = R"({"conversation": "c1", "first_name": "{{brand.returns}}"})";
  CHECK(rig.says("price") == R"({"effect":"reply","text":"Hello {{brand.returns}}, see our list."})");
}

TEST_CASE("one automatic answer to a contact within the interval") {
  Rig rig(kShop);
  CHECK(!rig.says("price").empty());
  rig.wait_minutes(9);
  CHECK(rig.says("return").empty());
  rig.context = R"({"conversation": "c2", "first_name": "Rita"})";
  CHECK(rig.says("price").empty());  // another conversation, the same contact
  rig.wait_minutes(1);
  CHECK(!rig.says("price").empty());
}

TEST_CASE("a loop is broken, and told once") {
  Rig rig(kShop);
  for (int answer = 0; answer < 3; ++answer, rig.wait_minutes(10)) CHECK(rig.says("price") == kPrices);
  CHECK(rig.says("price") == R"({"effect":"escalate","reason":"loop"})");
  CHECK(rig.flow == POSTERN_NEXT);
  rig.wait_minutes(10);
  CHECK(rig.says("price").empty());
  rig.wait_minutes(120);
  CHECK(rig.says("price").empty());

  SECTION("until a person writes in the platform's own app") {
    CHECK(rig.sends(R"({"kind": "echo", "thread": "t", "direction": "out", "from_app": false, "text": "Hi"})").empty());
    CHECK(rig.says("price") == kPrices);
  }
  SECTION("or takes it over, and gives it back") {
    rig.context = R"({"conversation": "c1", "first_name": "Rita", "assigned": "ana"})";
    CHECK(rig.says("price").empty());
    rig.context = R"({"conversation": "c1", "first_name": "Rita"})";
    CHECK(rig.says("price") == kPrices);
  }
  SECTION("or a day has passed") {
    rig.wait_minutes(24 * 60);
    CHECK(rig.says("price") == kPrices);
  }
  SECTION("but the bot's own echo is no person's") {
    CHECK(rig.sends(R"({"kind": "echo", "thread": "t", "from_app": true, "text": "Hi"})").empty());
    CHECK(rig.says("price").empty());
  }
}

TEST_CASE("answers that are spread out are no loop") {
  Rig rig(kShop);
  for (int answer = 0; answer < 8; ++answer, rig.wait_minutes(31)) CHECK(rig.says("price") == kPrices);
}

TEST_CASE("it keeps out of what is public, outgoing, answered or taken over") {
  Rig rig(kShop);
  CHECK(rig.sends(R"({"kind": "comment", "visibility": "public", "text": "price"})").empty());
  CHECK(rig.sends(R"({"kind": "message", "visibility": "public", "text": "price"})").empty());
  CHECK(rig.sends(R"({"kind": "message", "direction": "out", "text": "price"})").empty());
  CHECK(rig.sends(R"({"kind": "edit", "text": "price"})").empty());
  CHECK(rig.sends(Rig::event("price"), R"({"replied": true})").empty());
  CHECK(rig.says("price") == kPrices);
}

TEST_CASE("the state of a contact with many conversations stays small") {
  Rig rig(kShop);
  for (int i = 0; i < 100; ++i, rig.wait_minutes(10)) {
    rig.context = R"({"conversation": "c)" + std::to_string(i) + R"(", "first_name": "Rita"})";
    CHECK(rig.says("price") == kPrices);
  }
  CHECK(rig.host.state.size() < 2'000);
}

TEST_CASE("mistakes in the configuration say where and what") {
  CHECK(refusal(R"({"topics": {"prices": {"keywords": ["price"], "reply": "Hi {{contact.frist_name}}"}},
                    "$lines": {"/topics/prices/reply": "postern.toml:12"}})") ==
        R"(postern.toml:12: topic "prices": unknown variable "contact.frist_name")");
  CHECK(refusal(R"({"topics": {"a": {"keywords": ["x"], "reply": "{{brand.phone}}"}}})") ==
        R"(topic "a": unknown variable "brand.phone")");
  CHECK(refusal(R"({"topics": {"a": {"keywords": ["x"], "reply": "Hi {{contact.name"}}})").find("without") !=
        std::string::npos);
  CHECK(refusal(R"({"topics": {"a": {"patterns": ["("], "reply": "x"}}})").find("the pattern \"(\"") !=
        std::string::npos);
  CHECK(refusal(R"({"topics": {"a": {"reply": "x"}}})").find("expected keywords") != std::string::npos);
  CHECK(refusal(R"({"topics": {"a": {"keywords": ["x"]}}})").find("expected a text \"reply\"") != std::string::npos);
  CHECK(refusal(R"({"topics": {"a": 7}})").find("expected a table") != std::string::npos);
  CHECK(refusal(R"({"topics": {"a": {"keyword": ["x"], "reply": "x"}}})").find("unknown key \"keyword\"") !=
        std::string::npos);
  CHECK(refusal(R"({"off_hours": "x"})").find("it needs the table \"hours\"") != std::string::npos);
  CHECK(refusal(R"({"loop_answers": 0})").find("expected at least 1") != std::string::npos);
  CHECK(refusal("{}").empty());
}

TEST_CASE("a comment is answered in private if the configuration says so, and never in public") {
  const std::string comment =
      R"({"kind": "comment", "visibility": "public", "thread": "t", "text": "what is the price?"})";
  CHECK(Rig(kShop).sends(comment).empty());
  std::string willing(kShop);
  willing.insert(1, R"("comments": true, )");
  CHECK(Rig(willing).sends(comment) == R"({"effect":"private_reply","text":"Hello Rita, see our list."})");
  CHECK(Rig(willing).sends(R"({"kind": "comment", "visibility": "public", "thread": "t", "text": "hello"})").empty());
}
