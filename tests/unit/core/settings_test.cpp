// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "stage.hpp"

using namespace postern;
using namespace postern::core;

TEST_CASE("an account is found by its name, or by what the platform calls it") {
  const auto settings = one_account();
  CHECK(settings->account("test", "acme", ""));
  CHECK(settings->account("test", "", "4711"));
  CHECK_FALSE(settings->account("test", "", "4712"));
  CHECK_FALSE(settings->account("other", "acme", ""));
  CHECK_FALSE(settings->account("nobody"));
}

TEST_CASE("the first route that matches account and kind is taken") {
  auto settings = one_account();
  const auto bit = [](Kind kind) { return std::uint64_t{1} << static_cast<unsigned>(kind); };
  settings->routes = {
      {{"acme-*"}, bit(Kind::message), {0}}, {{"*"}, bit(Kind::message), {}}, {{"a*e"}, bit(Kind::comment), {0}}};
  CHECK(settings->route("acme-x", Kind::message) == &settings->routes[0]);
  CHECK(settings->route("acme", Kind::message) == &settings->routes[1]);
  CHECK(settings->route("acme", Kind::comment) == &settings->routes[2]);
  CHECK(settings->route("ae", Kind::comment) == &settings->routes[2]);
  CHECK(settings->route("acmes", Kind::comment) == nullptr);
  CHECK(settings->route("acme", Kind::receipt) == nullptr);
}
