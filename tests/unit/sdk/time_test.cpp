// SPDX-License-Identifier: Apache-2.0
#include <postern/time.hpp>

#include "catch.hpp"

using namespace postern;

TEST_CASE("the magnitude tells the unit") {
  constexpr Timestamp kTime = 1'767'225'600'000'000;
  CHECK(from_epoch(1'767'225'600) == kTime);
  CHECK(from_epoch(1'767'225'600'000) == kTime);
  CHECK(from_epoch(1'767'225'600'000'000) == kTime);
  CHECK(from_epoch(1'767'225'600'000'000'000) == kTime);
  CHECK(from_epoch(-1) == -1'000'000);
  CHECK(from_epoch(std::numeric_limits<std::int64_t>::min()) == std::numeric_limits<std::int64_t>::min() / 1'000);
}

TEST_CASE("times are written in RFC 3339 with milliseconds") {
  CHECK(time_text(1'767'225'600'001'999) == "2026-01-01T00:00:00.001Z");
  CHECK(time_text(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(time_text(1'709'164'800'000'000) == "2024-02-29T00:00:00.000Z");
}

TEST_CASE("times are read however platforms write them") {
  const Json json = parse_json(R"([1767225600, "1767225600123", "2026-01-01T00:00:00.5Z", "2026-01-01T01:00:00+0100",
      "2026-01-01T00:00:00-00:30", "2026-01-01T00:00:00", "soon", "2026-02-30T00:00:00Z", null, 0, "2026-01-01"])");
  const Node node(json);
  CHECK(time_of(node.at(0)) == 1'767'225'600'000'000);
  CHECK(time_of(node.at(1)) == 1'767'225'600'123'000);
  CHECK(time_of(node.at(2)) == 1'767'225'600'500'000);
  CHECK(time_of(node.at(3)) == 1'767'225'600'000'000);
  CHECK(time_of(node.at(4)) == 1'767'227'400'000'000);
  CHECK(time_of(node.at(5)) == 1'767'225'600'000'000);
  for (std::size_t i = 6; i < 11; ++i) CHECK_FALSE(time_of(node.at(i)));
}
