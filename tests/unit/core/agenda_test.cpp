// SPDX-License-Identifier: Apache-2.0
#include "core/agenda.hpp"

#include "catch.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("the agenda gives what is due, in the order of its time") {
  Agenda agenda;
  CHECK(agenda.next() == 0);
  agenda.add(30, Agenda::What::part, 3);
  agenda.add(10, Agenda::What::turn, 1);
  agenda.add(20, Agenda::What::timer, 2);
  CHECK(agenda.next() == 10);
  CHECK_FALSE(agenda.take(9));
  CHECK(agenda.take(100)->key == 1);
  CHECK(agenda.take(100)->what == Agenda::What::timer);
  CHECK(agenda.take(100)->key == 3);
  CHECK_FALSE(agenda.take(100));
}

TEST_CASE("what is due at one instant comes in an order of its own, not of its arrival") {
  Agenda one, other;
  one.add(10, Agenda::What::part, 2);
  one.add(10, Agenda::What::part, 1);
  other.add(10, Agenda::What::part, 1);
  other.add(10, Agenda::What::part, 2);
  for (int i = 0; i < 2; ++i) CHECK(one.take(10)->key == other.take(10)->key);
}
