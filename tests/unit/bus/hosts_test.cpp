// SPDX-License-Identifier: Apache-2.0
// External hosts, played here: who is let in, what they are given, what their end costs.
#include "rig.hpp"

#include <fmt/format.h>
#include <unistd.h>

using namespace postern;
using namespace postern::bus;
using postern::bus::test::Rig;

namespace {

constexpr const char* kSection = "handler.shout";

using Frames = std::vector<std::string>;

std::string about_json(int credit = 64, const std::string& version = "1.0.0") {
  return fmt::format(R"({{"plugin":"org.example.shout","version":"{}","kind":"handler","pid":{},"credit":{}}})",
                     version, getpid(), credit);
}

/// A program of somebody's that speaks plugin-api/WIRE.md.
struct Peer {
  Peer(Rig& with, Frames hello) : rig(with), socket(context, zmq::socket_type::dealer) {
    socket.set(zmq::sockopt::linger, 0);
    socket.connect("ipc://" + (rig.folder / "hosts").string());
    send(hello);
  }
  static Frames hello(const std::string& section = kSection, const std::string& about = about_json()) {
    return {"hello", "1", section, "0", about};
  }
  void send(const Frames& frames) {
    for (std::size_t i = 0; i < frames.size(); ++i)
      socket.send(zmq::buffer(frames[i]), i + 1 < frames.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
  }
  /// The next message; nothing if there is none soon.
  Frames receive(std::chrono::milliseconds patience = std::chrono::seconds(20)) {
    const auto until = std::chrono::steady_clock::now() + patience;
    rig.turn([&] { return readable() || std::chrono::steady_clock::now() > until; });
    Frames frames;
    zmq::message_t frame;
    while (readable() && socket.recv(frame, zmq::recv_flags::dontwait)) {
      frames.push_back(frame.to_string());
      if (!frame.more()) break;
    }
    return frames;
  }
  bool silent() { return receive(std::chrono::milliseconds(100)).empty(); }
  bool readable() {
    zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
    return zmq::poll(&item, 1, std::chrono::milliseconds(0)) == 1;
  }

  Rig& rig;
  zmq::context_t context;
  zmq::socket_t socket;
};

void add_external(Rig& rig, std::optional<uid_t> user = getuid()) {
  rig.hosts->add({kSection, {}, "{}", Isolation::external, user});
}

}  // namespace

TEST_CASE("whoever is not who it should be is refused with the reason") {
  Rig rig;
  add_external(rig);
  rig.hosts->add({"handler.other", {}, "{}", Isolation::external, getuid() + 1});
  const auto refused = [&](Frames hello, const std::string& reason) {
    Peer peer(rig, std::move(hello));
    const auto answer = peer.receive();
    REQUIRE(answer.size() == 2);
    CHECK(answer[0] == "refuse");
    CHECK(answer[1].find(reason) != std::string::npos);
  };
  refused({"hello", "2", kSection, "0", "{}"}, "protocol 1");
  refused(Peer::hello("handler.nobody"), "handler.nobody");
  refused(Peer::hello("handler.other"), fmt::format("uid {}, found {}", getuid() + 1, getuid()));
  refused({"hello", "1", kSection, "soon", about_json()}, "older start");
  refused(Peer::hello(kSection, "[]"), "no JSON object");
  refused(Peer::hello(kSection, about_json(1, "1 of @many")), "plugin and version");
  refused({"hello", "1", kSection}, "expected protocol, section, epoch, about");
  CHECK_FALSE(rig.hosts->serves(kSection));
  CHECK(rig.seen.empty());

  Peer first(rig, Peer::hello());
  CHECK(first.receive() == Frames{"welcome"});
  CHECK(rig.seen == Frames{"handler.shout loaded: "});
  refused(Peer::hello(), "served already");
  CHECK(rig.hosts->serves(kSection));
}

TEST_CASE("an external plugin holds nobody's start up") {
  Rig rig;
  add_external(rig);
  CHECK(rig.hosts->all_ready());
  CHECK_FALSE(rig.hosts->serves(kSection));
  CHECK(rig.hosts->status().at(0).state == "down");
}

TEST_CASE("a host gets as many calls as it has given credit for, in order, and its answers reach who asked") {
  Rig rig;
  add_external(rig);
  for (std::uint64_t id = 1; id <= 4; ++id) rig.ask(kSection, id, "hello");
  Peer peer(rig, Peer::hello(kSection, about_json(2)));
  CHECK(peer.receive() == Frames{"welcome"});
  for (const char* id : {"1", "2"}) {
    const auto call = peer.receive();
    REQUIRE(call.size() == 8);
    CHECK(Frames{call[0], call[1], call[2]} == Frames{"call", id, "handle"});
    CHECK(call[4] == R"({"kind":"message","text":"hello"})");
  }
  CHECK(peer.silent());
  peer.send({"done", "1", "1", R"({"effect":"typing"})", R"({"effect":"seen"})"});
  CHECK(peer.receive().at(1) == "3");
  REQUIRE(rig.answer(1));
  CHECK(rig.answer(1)->how == Done::How::answered);
  CHECK(rig.answer(1)->stop);
  CHECK(rig.answer(1)->items.size() == 2);
  peer.send({"fault", "2", "it threw"});
  CHECK(peer.receive().at(1) == "4");
  REQUIRE(rig.answer(2));
  CHECK(rig.answer(2)->how == Done::How::fault);
  CHECK(rig.answer(2)->text == "it threw");
  peer.send({"done", "77", "0"});  // nobody asked that
  peer.send({"done", "x", "0"});
  peer.send({"ping"});
  CHECK(peer.receive() == Frames{"pong"});
  CHECK(rig.ended.size() == 2);
}

TEST_CASE("what an external host leaves behind waits for the next one, the guilty call is told") {
  Rig rig;
  add_external(rig);
  for (std::uint64_t id = 1; id <= 2; ++id) rig.ask(kSection, id, "hello");
  {
    Peer peer(rig, Peer::hello());
    CHECK(peer.receive() == Frames{"welcome"});
    CHECK(peer.receive().at(1) == "1");
    CHECK(peer.receive().at(1) == "2");
    peer.send({"bye"});
    CHECK(rig.turn([&] { return !rig.hosts->serves(kSection); }));
  }
  CHECK(rig.ended.empty());
  CHECK(rig.seen.back() == "handler.shout crashed: it said bye");

  Peer next(rig, Peer::hello());
  CHECK(next.receive() == Frames{"welcome"});
  CHECK(next.receive().at(1) == "1");
  CHECK(next.silent());  // one at a time now
  next.send({"done", "1", "0"});
  CHECK(next.receive().at(1) == "2");
  next.send({"bye"});
  REQUIRE(rig.turn([&] { return rig.answer(2) != nullptr; }));
  CHECK(rig.answer(2)->how == Done::How::crashed);
  CHECK(rig.answer(1)->how == Done::How::answered);
}

TEST_CASE("nobody but an external host may connect to a section that the daemon serves itself") {
  Rig rig;
  rig.hosts->add({"handler.own", "/nowhere/own.so", "{}", Isolation::thread, {}});
  rig.hosts->add({"handler.child", "/nowhere/child.so", "{}", Isolation::process, {}});
  for (const char* section : {"handler.own", "handler.child"}) {
    Peer peer(rig, Peer::hello(section));
    CHECK(peer.receive().at(0) == "refuse");
    CHECK_FALSE(rig.hosts->serves(section));
  }
}

TEST_CASE("a section that is not there answers at once") {
  Rig rig;
  rig.ask("handler.nobody", 1, "hello");
  REQUIRE(rig.answer(1));
  CHECK(rig.answer(1)->how == Done::How::crashed);
}

TEST_CASE("at the end hosts are told") {
  Rig rig;
  add_external(rig);
  Peer peer(rig, Peer::hello());
  CHECK(peer.receive() == Frames{"welcome"});
  rig.hosts->stop(kSecond);
  zmq::message_t frame;
  peer.socket.set(zmq::sockopt::rcvtimeo, 10'000);
  REQUIRE(peer.socket.recv(frame));
  CHECK(frame.to_string() == "bye");
}
