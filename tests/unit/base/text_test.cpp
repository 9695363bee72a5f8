// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/mailbox.hpp"
#include "base/secret.hpp"
#include "catch.hpp"

using namespace postern;

TEST_CASE("base64 accepts only the canonical encoding") {
  CHECK(base64(view("ab")) == "YWI=");
  CHECK(unbase64("YWI=") == Bytes{'a', 'b'});
  for (const char* bad : {"YWJ=", "YWI", "YW=I", "Y===", "YWI=YWI=", "YW I=", "YWI=\n"}) CHECK_FALSE(unbase64(bad));
}

TEST_CASE("times are RFC 3339 in UTC with milliseconds") {
  CHECK(rfc3339(1767225600'123'456) == "2026-01-01T00:00:00.123Z");
  CHECK(rfc3339(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(rfc3339(1709164800'000'000) == "2024-02-29T00:00:00.000Z");
  CHECK(month_of(1767225600'000'000) == 2026 * 12);
  CHECK(month_of(1767225599'999'999) == 2025 * 12 + 11);
}

TEST_CASE("a full mailbox refuses and a drain empties it in order") {
  int rung = 0;
  Mailbox<int> box(2, [&] { ++rung; });
  CHECK(box.put(1));
  CHECK(box.put(2));
  CHECK_FALSE(box.put(3));
  CHECK(rung == 1);
  std::vector<int> out;
  CHECK(box.drain(out));
  CHECK(out == std::vector<int>{1, 2});
  CHECK(box.put(4));
  CHECK(rung == 2);
}

TEST_CASE("a secret compares by content and tells its length only") {
  const Secret secret("tg_secret-AZ09");
  CHECK(secret.equals("tg_secret-AZ09"));
  CHECK_FALSE(secret.equals("tg_secret-AZ08"));
  CHECK_FALSE(secret.equals("tg_secret-AZ0"));
}
