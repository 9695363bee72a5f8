// SPDX-License-Identifier: Apache-2.0
// One plugin's supervision, without a plugin: what is asked when, what a crash costs, when it is tried again.
#include "bus/session.hpp"

#include "catch.hpp"

using namespace postern;
using namespace postern::bus;

namespace {

constexpr Micros kStart = 1'000 * kSecond;

struct Supervised {
  HostLimits limits;
  Session session{{"handler.test", {}, "{}", Isolation::process, {}}, limits};

  void come_up(Micros now, std::size_t credit = 64) {
    session.starting(now);
    session.ready(zmq::message_t(), "org.example.test", "1.0.0", 0, credit);
  }
  void ask(std::uint64_t id, Function function = Function::handle) { session.add({id, function, {}}); }
  /// The ids of all calls that may be sent now.
  std::vector<std::uint64_t> sent(Micros now) {
    std::vector<std::uint64_t> ids;
    while (const Call* call = session.next(now)) ids.push_back(call->id);
    return ids;
  }
};

using Ids = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a plugin that fails at once is tried again after 0, 1, 2, 4 s and at most a minute") {
  Supervised plugin;
  Micros now = kStart;
  for (const Micros wait : {0, 1, 2, 4, 8, 16, 32, 60, 60}) {
    plugin.session.starting(now);
    CHECK(plugin.session.start_at() == 0);
    plugin.session.crashed("it fell over", now);
    CHECK(plugin.session.start_at() == now + wait * kSecond);
    now = plugin.session.start_at();
  }
  CHECK(plugin.session.status().restarts == 9);
  CHECK(plugin.session.status().last_error == "it fell over");
}

TEST_CASE("a calm time resets the back-off") {
  Supervised plugin;
  for (int i = 0; i < 4; ++i) {
    plugin.come_up(kStart);
    plugin.session.crashed("x", kStart);
  }
  plugin.come_up(kStart);
  CHECK(plugin.session.status().state == "degraded");
  const Micros later = kStart + plugin.limits.calm + 1;
  plugin.ask(1);
  CHECK(plugin.sent(later) == Ids{1});
  CHECK(plugin.session.close(1, later));
  CHECK(plugin.session.status().state == "ready");
  plugin.session.crashed("x", later);
  CHECK(plugin.session.start_at() == later);
}

TEST_CASE("no more calls are open than the host gives credit for, and no more than the limit") {
  Supervised plugin;
  plugin.limits.credit = 3;
  for (std::uint64_t id = 1; id <= 6; ++id) plugin.ask(id);
  CHECK(plugin.sent(kStart).empty());  // nobody is there
  SECTION("its own word") {
    plugin.come_up(kStart, 2);
    CHECK(plugin.sent(kStart) == Ids{1, 2});
    CHECK(plugin.session.close(2, kStart));
    CHECK(plugin.sent(kStart) == Ids{3});
  }
  SECTION("the limit") {
    plugin.come_up(kStart, 64);
    CHECK(plugin.sent(kStart) == Ids{1, 2, 3});
  }
  CHECK_FALSE(plugin.session.close(99, kStart));
}

TEST_CASE("after a crash what was open is asked again one at a time, so that only the guilty call is counted") {
  Supervised plugin;
  plugin.come_up(kStart);
  for (std::uint64_t id = 1; id <= 3; ++id) plugin.ask(id);
  CHECK(plugin.sent(kStart) == Ids{1, 2, 3});
  plugin.ask(4);
  CHECK_FALSE(plugin.session.crashed("one of three", kStart));
  CHECK(plugin.sent(kStart).empty());

  plugin.come_up(kStart);
  CHECK(plugin.sent(kStart) == Ids{1});
  CHECK(plugin.session.close(1, kStart));
  CHECK(plugin.sent(kStart) == Ids{2});
  const auto guilty = plugin.session.crashed("it was this one", kStart);
  REQUIRE(guilty);
  CHECK(guilty->id == 2);

  plugin.come_up(kStart);
  CHECK(plugin.sent(kStart) == Ids{3});
  CHECK(plugin.session.close(3, kStart));
  plugin.ask(5);
  CHECK(plugin.sent(kStart) == Ids{4, 5});  // no suspects are left
  CHECK(plugin.session.load() == 2);
}

TEST_CASE("a crash with nothing open accuses no call") {
  Supervised plugin;
  plugin.come_up(kStart);
  CHECK_FALSE(plugin.session.crashed("idle", kStart));
}

TEST_CASE("the time that a call may take begins when the plugin can begin with it") {
  Supervised plugin;
  plugin.come_up(kStart);
  CHECK(plugin.session.hang_at() == 0);
  plugin.ask(1, Function::decode);
  plugin.ask(2, Function::handle);
  CHECK(plugin.sent(kStart) == Ids{1, 2});
  CHECK_FALSE(plugin.session.hangs(kStart + plugin.limits.codec_time - 1));
  CHECK(plugin.session.hangs(kStart + plugin.limits.codec_time) == Function::decode);
  const Micros answered = kStart + kSecond;
  CHECK(plugin.session.close(1, answered));
  CHECK(plugin.session.hang_at() == answered + plugin.limits.handle_time);
  CHECK_FALSE(plugin.session.hangs(answered + plugin.limits.handle_time - 1));
  CHECK(plugin.session.hangs(answered + plugin.limits.handle_time) == Function::handle);
  CHECK(plugin.session.close(2, answered));
  CHECK_FALSE(plugin.session.hangs(answered + kDay));
}

TEST_CASE("a new configuration is no crash: the next host gets what the old one had not answered, in order") {
  Supervised plugin;
  plugin.come_up(kStart);
  zmq::context_t context;
  plugin.session.thread.start(context, {.endpoint = "inproc://nobody", .library = "/nowhere/own.so"});
  for (std::uint64_t id = 1; id <= 2; ++id) plugin.ask(id);
  CHECK(plugin.sent(kStart) == Ids{1, 2});
  plugin.ask(3);
  plugin.session.renew({"handler.test", {}, R"({"new":true})", Isolation::process, {}});
  CHECK(plugin.session.is_renewed());
  plugin.session.thread.end_by(std::chrono::steady_clock::now() + std::chrono::seconds(20));
  CHECK(plugin.sent(kStart).empty());
  CHECK(plugin.session.close(1, kStart));  // it may still answer
  plugin.session.ended_for_renewal(kStart);
  CHECK(plugin.session.start_at() == kStart);
  CHECK(plugin.session.status().restarts == 0);
  CHECK(plugin.session.spec().config == R"({"new":true})");
  plugin.come_up(kStart);
  CHECK(plugin.sent(kStart) == Ids{2, 3});
  CHECK(plugin.session.epoch() == 2);
}

TEST_CASE("a new configuration ends the back-off of one that did not work") {
  Supervised plugin;
  for (int i = 0; i < 6; ++i) {
    plugin.session.starting(kStart);
    plugin.session.crashed("the old options", kStart);
  }
  CHECK(plugin.session.start_at() > kStart);
  plugin.session.renew({"handler.test", {}, "{}", Isolation::process, {}});
  CHECK(plugin.session.start_at() <= kStart);
  CHECK(plugin.session.start_at() > 0);
}
