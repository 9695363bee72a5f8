// SPDX-License-Identifier: Apache-2.0
// The runner in a thread, over inproc, as `isolation = "thread"` has it.
#include "host/runner.hpp"

#include <thread>

#include "broker.hpp"
#include "fixtures.hpp"

using namespace postern;

namespace {

using Frames = Broker::Frames;

struct Hosted {
  explicit Hosted(host::Placement where) : broker(context, "inproc://hosts") {
    where.endpoint = "inproc://hosts";
    where.section = "test";
    where.epoch = 7;
    thread = std::thread([this, where] { ended = host::run(context, where, stop); });
  }
  ~Hosted() {
    stop = true;
    if (thread.joinable()) thread.join();
  }
  /// Waits for the end of the runner.
  const Result<void>& end() {
    thread.join();
    return ended;
  }

  zmq::context_t context;
  Broker broker;
  std::atomic<bool> stop{false};
  Result<void> ended;
  std::thread thread;
};

}  // namespace

TEST_CASE("a runner says who it is, serves, and leaves when the broker says bye") {
  Hosted hosted({.library = fixture("mirror"), .config = R"({"kind": "message"})"});
  CHECK(hosted.broker.welcome() ==
        Frames{"hello", "1", "test", "7",
               R"({"plugin":"org.example.mirror","version":"1.0.0","kind":"platform","pid":)" +
                   std::to_string(::getpid()) +
                   R"(,"facts":{"platform":"mirror","base_url":"https://mirror.example"}})"});
  CHECK(hosted.broker.ask({"call", "1", "decode", "0", R"(["x"])", "{}"}) ==
        Frames{"done", "1", "0", R"({"kind":"message","text":"x"})"});
  CHECK(hosted.broker.ask({"call", "2", "decode", "0", "[]", "{}"}) == Frames{"done", "2", "0"});
  CHECK(hosted.broker.ask({"call", "3", "encode", "0", R"({"part":{"text":"t"}})"})[0] == "done");
  CHECK(hosted.broker.ask({"call", "4", "interpret", "0", R"({"task":"9"})", "200", "{}", "b"}) ==
        Frames{"done", "4", "0", R"({"outcome":"sent","id":"9 200 b"})"});
  CHECK(hosted.broker.ask({"ping"}) == Frames{"pong"});
  CHECK(hosted.broker.ask({"bye"}) == Frames{"bye"});
  CHECK(hosted.end());
}

TEST_CASE("a call that breaks the protocol or the plugin is a fault, and the runner goes on") {
  Hosted hosted({.library = fixture("throws_in_handle")});
  hosted.broker.welcome();
  const auto fault = [&](const Frames& call) {
    const auto answer = hosted.broker.ask(call);
    REQUIRE(answer.size() == 3);
    CHECK(answer[0] == "fault");
    CHECK(answer[1] == "5");
    return answer[2];
  };
  CHECK(fault({"call", "5", "handle", "0", R"({"kind":"comment"})", "{}", "{}", "{}"}) == "no answer to a comment");
  CHECK(fault({"call", "5", "handle", "0", "{}"}) == "handle: expected the time and 4 arguments, found 1");
  CHECK(fault({"call", "5", "handle", "noon", "{}", "{}", "{}", "{}"}) ==
        "handle: expected the time and 4 arguments, found 4");
  CHECK(fault({"call", "5", "decode", "0", "{}", "{}"}) == "call: a handler has no function \"decode\"");
  CHECK(fault({"call", "5"}) == "call: too few frames");
  CHECK(hosted.broker.ask({"ping"}) == Frames{"pong"});
}

TEST_CASE("calls that wait are served one after another, in order") {
  Hosted hosted({.library = shipped("echo")});
  hosted.broker.welcome();
  constexpr int kCalls = 64;
  for (int i = 0; i < kCalls; ++i)
    hosted.broker.send({"call", std::to_string(i), "handle", "0",
                        R"({"kind":"message","text":"m)" + std::to_string(i) + "\"}", "{}", "{}", "{}"});
  for (int i = 0; i < kCalls; ++i)
    CHECK(hosted.broker.receive() == Frames{"done", std::to_string(i), "1",
                                            R"({"effect":"reply","text":"You said: m)" + std::to_string(i) + "\"}"});
}

TEST_CASE("what a plugin logs comes after hello and before the end of its call") {
  Hosted hosted({.library = fixture("plain_c")});
  hosted.broker.welcome();
  CHECK(hosted.broker.receive() == Frames{"log", "info", R"(created {"by":"C"})"});
  CHECK(hosted.broker.ask({"call", "1", "handle", "0", "{}", "{}", "{}", "{}"}) == Frames{"log", "debug", "handled"});
  CHECK(hosted.broker.receive() == Frames{"done", "1", "1", R"({"effect":"tag","tag":"c"})"});
}

TEST_CASE("no call is served before the welcome") {
  Hosted hosted({.library = shipped("echo")});
  REQUIRE(hosted.broker.receive()[0] == "hello");
  hosted.broker.send({"call", "1", "handle", "0", "{}", "{}", "{}", "{}"});
  CHECK(hosted.broker.ask({"ping"}) == Frames{"pong"});
}

TEST_CASE("a refused runner ends with the broker's reason") {
  Hosted hosted({.library = shipped("echo")});
  REQUIRE(hosted.broker.receive()[0] == "hello");
  hosted.broker.send({"refuse", "another host has the section"});
  const auto& ended = hosted.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().what == "section \"test\": the broker refuses the plugin: another host has the section");
}

TEST_CASE("a runner asks whether a silent broker lives, and leaves when it doesn't") {
  Hosted hosted({.library = shipped("echo"), .silence = 1'500 * kMilli});
  hosted.broker.welcome();
  CHECK(hosted.broker.receive() == Frames{"ping"});
  hosted.broker.send({"pong"});
  CHECK(hosted.broker.receive() == Frames{"ping"});  // and now the broker says nothing
  const auto& ended = hosted.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().what == "inproc://hosts: the broker has been silent for 1 s");
}

TEST_CASE("a runner without answer to its hello gives up") {
  Hosted hosted({.library = shipped("echo"), .welcome_within = 300 * kMilli});
  const auto& ended = hosted.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().what == "inproc://hosts: no answer to hello");
}

TEST_CASE("a runner stops when it is told to, and says bye") {
  Hosted hosted({.library = shipped("echo")});
  hosted.broker.welcome();
  hosted.stop = true;
  CHECK(hosted.broker.receive() == Frames{"bye"});
  CHECK(hosted.end());
}

TEST_CASE("a plugin that cannot be made ends the runner before it connects") {
  Hosted hosted({.library = fixture("throws_in_create")});
  const auto& ended = hosted.end();
  REQUIRE_FALSE(ended);
  CHECK(ended.error().what == "org.example.throws-in-create: the moon is in the wrong phase");
  CHECK(hosted.broker.receive(100).empty());
}
