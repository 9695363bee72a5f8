// SPDX-License-Identifier: Apache-2.0
#include "core/effect.hpp"

#include "catch.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("each effect is read with its fields") {
  CHECK(parse_effect(R"({"effect":"reply","text":"hi","ack":true})")->ack);
  CHECK(parse_effect(R"({"effect":"reply","attachments":[{"type":"image","url":"https://x"}]})")->attachments.size() ==
        1);
  CHECK(parse_effect(R"({"effect":"set","scope":"contact","name":"a","value":"b"})")->contact_scope);
  CHECK(parse_effect(R"({"effect":"schedule","id":"t","in":60})")->number == 60 * kSecond);
  CHECK(parse_effect(R"({"effect":"schedule","id":"t","at":"2026-01-01T00:00:00Z"})")->at);
  CHECK(parse_effect(R"({"effect":"state","value":{"n":1}})")->text == R"({"n":1})");
  CHECK(parse_effect(R"({"effect":"send","conversation":"ab","text":"x"})")->value == "ab");
}

TEST_CASE("an effect that breaks the schema is refused, with the name of the field") {
  const auto refused = [](const std::string& text, const char* field) {
    const auto effect = parse_effect(text);
    REQUIRE_FALSE(effect);
    INFO(effect.error().what);
    CHECK(effect.error().what.find(field) != std::string::npos);
  };
  refused("", "JSON");
  refused("3", "object");
  refused(R"({"effect":"explode"})", "explode");
  refused(R"({"effect":"reply"})", "text");
  refused(R"({"effect":"reply","text":7})", "text");
  refused(R"({"effect":"reply","text":"x","ack":1})", "ack");
  refused(R"({"effect":"reply","attachments":[{"type":"image"}]})", "attachments");
  refused(R"({"effect":"reply","text":"x","quick_replies":[{}]})", "quick_replies");
  refused(R"({"effect":"reply","text":"x","quick_replies":[1,2,3,4,5,6,7,8,9,10,11,12,13,14]})", "quick_replies");
  refused(R"({"effect":"reply","text":")" + std::string(64 * 1024 + 1, 'x') + "\"}", "text");
  refused(R"({"effect":"schedule","id":"t"})", "in");
  refused(R"({"effect":"schedule","id":"t","in":-1})", "in");
  refused(R"({"effect":"schedule","id":"t","at":"tomorrow"})", "at");
  refused(R"({"effect":"tag"})", "tag");
  refused(R"({"effect":"priority","value":"high"})", "value");
  refused(R"({"effect":"state","value":[]})", "value");
  refused(R"({"effect":"state","value":{"x":")" + std::string(16 * 1024, 'x') + "\"}}", "16 KiB");
}

TEST_CASE("every kind of effect has a name, and only some can answer") {
  for (int i = 0; i <= static_cast<int>(EffectKind::state); ++i)
    CHECK(parse_effect_kind(name(static_cast<EffectKind>(i))) == static_cast<EffectKind>(i));
  CHECK(is_answer(EffectKind::private_reply));
  CHECK_FALSE(is_answer(EffectKind::send));
  CHECK_FALSE(is_answer(EffectKind::typing));
}

TEST_CASE("a template stands alone, and has a name and a language") {
  const auto effect =
      parse_effect(R"({"effect":"reply","template":{"name":"order_update","language":"en_US","parameters":["4711"]}})");
  REQUIRE(effect.has_value());
  CHECK(effect->form == R"({"name":"order_update","language":"en_US","parameters":["4711"]})");
  for (const char* wrong :
       {R"({"effect":"reply","template":{"name":"order_update"}})", R"({"effect":"reply","template":"order_update"})",
        R"({"effect":"reply","text":"hi","template":{"name":"a","language":"en"}})"}) {
    INFO(wrong);
    CHECK(!parse_effect(wrong).has_value());
  }
}
