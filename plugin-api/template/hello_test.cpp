// SPDX-License-Identifier: Apache-2.0
// Runs the handler without the daemon: any test framework will do, this one is a function.
#include <cstdio>
#include <cstdlib>
#include <postern/fake_host.hpp>

static void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

int main() {
  postern::FakeHost host(R"({"greeting": "Good morning"})");

  const auto first = host.handle(R"({"kind": "message", "text": "hello"})");
  check(first.ok() && first.flow == POSTERN_STOP, "a greeting ends the chain");
  check(first.items.at(0).at("text") == "Good morning, no. 1", "it is answered with the configured words");

  const auto second = host.handle(R"({"kind": "message", "text": "hello"})");
  check(second.items.at(0).at("text") == "Good morning, no. 2", "the count is kept in the handler's state");

  const auto other = host.handle(R"({"kind": "message", "text": "where is my parcel?"})");
  check(other.items.empty() && other.flow == POSTERN_NEXT, "anything else is left to the next handler");
}
