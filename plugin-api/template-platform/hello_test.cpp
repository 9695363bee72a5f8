// SPDX-License-Identifier: Apache-2.0
// Runs the codec without the daemon: any test framework will do, this one is a function.
#include <cstdio>
#include <cstdlib>
#include <postern/fake_host.hpp>

static void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

int main() {
  postern::FakeHost host(R"({"app_secret": true, "accounts": {"acme": {"id": "7"}}})");

  const auto events = host.decode(R"({"account": "7", "messages": [{"id": 1, "from": "rita", "text": "Olá"}]})");
  check(events.ok() && events.items.size() == 1, "one message is one event");
  check(events.items[0].at("text") == "Olá" && events.items[0].at("key") == "1:message", "with its text and its key");
  check(!host.decode("no JSON").ok(), "what is no JSON is refused");

  const char* task = R"({"kind": "part", "thread": "a/b", "part": {"text": "Hi"}})";
  const auto request = host.encode(task);
  check(request.items.at(0).at("path") == "/v1/people/a%2Fb/messages", "an id stays one segment of the path");

  check(host.interpret(task, 200, "{}", R"({"id": 9})").items.at(0).at("outcome") == "sent", "an id means sent");
  check(host.interpret(task, 200, "{}", "").items.at(0).at("outcome") == "unclear", "no id means that nobody knows");
  check(host.interpret(task, 401, "{}", "").items.at(0).at("outcome") == "pause", "a dead token pauses the account");
}
