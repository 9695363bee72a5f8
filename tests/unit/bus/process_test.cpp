// SPDX-License-Identifier: Apache-2.0
// Children of the daemon that abort and that hang: the rest of what they were asked is answered by the next one.
#include "rig.hpp"

using namespace postern;
using namespace postern::bus;
using postern::bus::test::Rig;

namespace {

HostSpec child(const std::string& fixture) {
  return {"handler.test", std::filesystem::path(POSTERN_FIXTURES) / (fixture + ".so"), "{}", Isolation::process, {}};
}

bool was_seen(const Rig& rig, std::string_view what) {
  for (const auto& each : rig.seen)
    if (each.find(what) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("of the calls that were open when a child crashed all but the guilty one are answered by the next") {
  Rig rig;
  rig.hosts->add(child("aborts_in_handle"));
  for (std::uint64_t id = 1; id <= 5; ++id) rig.ask("handler.test", id, id == 3 ? "abort" : "hello");
  REQUIRE(rig.turn([&] { return rig.ended.size() == 5; }));
  for (std::uint64_t id = 1; id <= 5; ++id)
    CHECK(rig.answer(id)->how == (id == 3 ? Done::How::crashed : Done::How::answered));
  CHECK(was_seen(rig, "crashed: signal 6"));
  CHECK(rig.hosts->status().at(0).restarts >= 1);
}

TEST_CASE("a child that hangs is ended, and the call that it hung at is told") {
  HostLimits limits;
  limits.handle_time = 300 * kMilli;
  Rig rig(limits);
  rig.hosts->add(child("spins_in_handle"));
  rig.ask("handler.test", 1, "spin");
  rig.ask("handler.test", 2, "hello");
  REQUIRE(rig.turn([&] { return rig.ended.size() == 2; }));
  CHECK(rig.answer(1)->how == Done::How::crashed);
  CHECK(rig.answer(2)->how == Done::How::answered);
  CHECK(was_seen(rig, "hung: no answer to handle"));
}

TEST_CASE("the end does not wait longer than its grace for a child that hangs") {
  Rig rig;
  rig.hosts->add(child("spins_in_handle"));
  REQUIRE(rig.turn([&] { return rig.hosts->all_ready(); }));
  rig.ask("handler.test", 1, "spin");
  REQUIRE(rig.turn([&] { return rig.hosts->status().at(0).open == 1; }));
  const Micros before = Rig::now();
  rig.hosts->stop(300 * kMilli);
  CHECK(Rig::now() - before < 5 * kSecond);
}
