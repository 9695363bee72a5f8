// SPDX-License-Identifier: Apache-2.0
#include "core/event.hpp"

#include "catch.hpp"
#include "core/time_text.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("an event is read, and its text kept as it came") {
  const std::string text =
      R"({"kind":"message","thread":"t","sender":{"id":"7","name":"Rita"},"key":"m:1","visibility":"public",)"
      R"("sent_at":"2026-01-01T00:00:00.001Z","user_action":true,"unheard_of":[1,2]})";
  const auto event = parse_event(text);
  REQUIRE(event);
  CHECK(event->kind == Kind::message);
  CHECK(event->sender == "7");
  CHECK(event->sender_name == "Rita");
  CHECK(event->public_);
  CHECK(event->user_action);
  CHECK_FALSE(event->outgoing);
  CHECK(event->sent_at == 1'767'225'600 * kSecond + kMilli);
  CHECK(*event->text == text);
}

TEST_CASE("an echo is outgoing whatever it says, and comes from an app unless it says otherwise") {
  CHECK(parse_event(R"({"kind":"echo","thread":"t"})")->outgoing);
  CHECK(parse_event(R"({"kind":"echo","thread":"t"})")->from_app);
  CHECK_FALSE(parse_event(R"({"kind":"echo","thread":"t","from_app":false})")->from_app);
}

TEST_CASE("an event that breaks the schema is refused, with the name of the field") {
  const auto refused = [](const char* text, const char* field) {
    const auto event = parse_event(text);
    REQUIRE_FALSE(event);
    INFO(event.error().what);
    CHECK(event.error().what.find(field) != std::string::npos);
  };
  refused("", "JSON");
  refused("[]", "object");
  refused("{\"kind\":\"message\"", "JSON");
  refused(R"({"thread":"t"})", "kind");
  refused(R"({"kind":"massage","thread":"t"})", "kind");
  refused(R"({"kind":7,"thread":"t"})", "kind");
  refused(R"({"kind":"message"})", "thread");
  refused(R"({"kind":"message","thread":7})", "thread");
  refused(R"({"kind":"message","thread":"t","sender":"7"})", "sender");
  refused(R"({"kind":"message","thread":"t","sender":{"id":7}})", "sender.id");
  refused(R"({"kind":"message","thread":"t","user_action":"yes"})", "user_action");
  refused("{\"kind\":\"message\",\"thread\":\"\xff\"}", "JSON");
  CHECK(parse_event(R"({"kind":"notice"})"));
  CHECK(parse_event(R"({"kind":"message","thread":"t","key":null})"));
}

TEST_CASE("times are read to the microsecond, and what is no time is none") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339("2024-02-29T12:00:00.5Z") == 1'709'208'000 * kSecond + 500 * kMilli);
  CHECK(parse_rfc3339("2026-01-01T00:00:00.123456789Z") % kSecond == 123'456);
  for (const char* wrong :
       {"", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "2026-13-01T00:00:00Z",
        "2026-01-00T00:00:00Z", "2026-01-01T00:00:00.x1Z", "20a6-01-01T00:00:00Z"})
    CHECK(parse_rfc3339(wrong) == 0);
}
