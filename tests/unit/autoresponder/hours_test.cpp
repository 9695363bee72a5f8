// SPDX-License-Identifier: Apache-2.0
#include <postern/time.hpp>

#include "catch.hpp"
#include "unit/autoresponder/rig.hpp"

namespace {

constexpr std::string_view kOffice = R"({
  "hours": {"zone": "Europe/Lisbon", "monday": ["09:00-13:00", "14:00-18:00"], "tuesday": "09:00-18:00",
            "wednesday": "09:00-18:00", "thursday": "09:00-18:00", "friday": "09:00-24:00",
            "holidays": ["2026-12-25", "2026-10-05"]},
  "off_hours": "Back {{opens.weekday}} {{opens.date}} at {{opens.time}}.",
  "topics": {"prices": {"keywords": ["price"], "reply": "See our list."}}})";

/// What is promised to somebody who writes then; empty while the office is open.
std::string promised(std::string_view time, std::string_view config = kOffice) {
  Rig rig(config);
  rig.host.now = postern::parse_time(time).value();
  const std::string effect = rig.says("hello");
  CHECK(rig.flow == POSTERN_NEXT);
  if (effect.empty()) return effect;
  const auto json = postern::parse_json(effect);
  CHECK(postern::Node(json)["ack"].boolean());
  return std::string(postern::Node(json)["text"].text());
}

}  // namespace

TEST_CASE("while the office is open nothing is promised") {
  CHECK(promised("2026-01-06T10:00:00Z").empty());
  CHECK(promised("2026-01-05T09:00:00Z").empty());
  CHECK(promised("2026-01-09T23:59:59Z").empty());
}

TEST_CASE("out of hours the next opening is promised") {
  CHECK(promised("2026-01-05T08:59:59Z") == "Back Monday 2026-01-05 at 09:00.");
  CHECK(promised("2026-01-05T13:00:00Z") == "Back Monday 2026-01-05 at 14:00.");
  CHECK(promised("2026-01-05T18:00:00Z") == "Back Tuesday 2026-01-06 at 09:00.");
  CHECK(promised("2026-01-10T00:00:00Z") == "Back Monday 2026-01-12 at 09:00.");
}

TEST_CASE("hours are local, also when the clocks have changed") {
  CHECK(promised("2026-07-07T08:30:00Z").empty());  // 09:30 in Lisbon
  CHECK(promised("2026-07-07T17:30:00Z") == "Back Wednesday 2026-07-08 at 09:00.");
  // The clocks go forward on 29 March, so 09:00 on the 30th is 08:00 UTC.
  CHECK(promised("2026-03-30T07:59:00Z") == "Back Monday 2026-03-30 at 09:00.");
  CHECK(promised("2026-03-30T08:00:00Z").empty());
}

TEST_CASE("a holiday has no hours") {
  CHECK(promised("2026-12-25T10:00:00Z") == "Back Monday 2026-12-28 at 09:00.");
  CHECK(promised("2026-10-05T10:00:00Z") == "Back Tuesday 2026-10-06 at 09:00.");
}

TEST_CASE("a question whose answer is known is answered at any hour") {
  Rig rig(kOffice);
  rig.host.now = postern::parse_time("2026-01-10T03:00:00Z").value();
  CHECK(rig.says("price?") == R"({"effect":"reply","text":"See our list."})");
  CHECK(rig.flow == POSTERN_STOP);
}

TEST_CASE("a promise is made once in the interval") {
  Rig rig(kOffice);
  rig.host.now = postern::parse_time("2026-01-10T03:00:00Z").value();
  CHECK(!rig.says("hello").empty());
  rig.wait_minutes(1);
  CHECK(rig.says("anybody?").empty());
}

TEST_CASE("days have the names that are configured") {
  CHECK(promised("2026-01-10T00:00:00Z", R"({"hours": {"zone": "Europe/Lisbon", "monday": "09:00-18:00"},
    "off_hours": "Até {{opens.weekday}}!",
    "weekdays": ["segunda", "terça", "quarta", "quinta", "sexta", "sábado", "domingo"]})") == "Até segunda!");
}

TEST_CASE("mistakes in the hours say what is wrong") {
  const auto hours = [](std::string_view members) { return refusal(R"({"hours": {)" + std::string(members) + "}}"); };
  CHECK(hours(R"("zone": "Europe/Lisbone", "monday": "09:00-18:00")") ==
        R"(hours: there is no time zone "Europe/Lisbone")");
  CHECK(hours(R"("monday": "09:00-18:00")").find("expected a \"zone\"") != std::string::npos);
  CHECK(hours(R"("zone": "UTC")") == "hours: no day has hours");
  CHECK(hours(R"("zone": "UTC", "mondays": "09:00-18:00")").find("unknown key \"mondays\"") != std::string::npos);
  for (const auto* span :
       {"9-18", "18:00-09:00", "09:00-09:00", "09:60-10:00", "09:00-24:01", "09:00/18:00", "aa:bb-cc:dd"})
    CHECK(hours(R"("zone": "UTC", "monday": ")" + std::string(span) + "\"").find("expected a span") !=
          std::string::npos);
  CHECK(hours(R"("zone": "UTC", "monday": "09:00-18:00", "holidays": ["25.12."])").find("expected a date") !=
        std::string::npos);
  CHECK(refusal(R"({"weekdays": ["a"]})").find("expected seven names") != std::string::npos);
}
