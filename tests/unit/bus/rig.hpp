// SPDX-License-Identifier: Apache-2.0
// Hosts over real sockets, turned as the broker's thread turns it.
#pragma once
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>

#include "bus/hosts.hpp"
#include "catch.hpp"

namespace postern::bus::test {

struct Rig {
  explicit Rig(HostLimits limits = {}) {
    std::string name = (std::filesystem::temp_directory_path() / "postern-bus-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    folder = name;
    hosts.emplace(
        context, Hosts::Places{(folder / "hosts").string(), POSTERN_PLUGIN_HOST}, limits,
        [this](Done&& done) { ended.push_back(std::move(done)); },
        [this](const Session& session, std::string_view what, const std::string& why) {
          seen.push_back(session.spec().section + " " + std::string(what) + ": " + why);
        });
  }
  ~Rig() {
    hosts.reset();
    std::filesystem::remove_all(folder);
  }

  static Micros now() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
  }
  /// Turns until `enough()`, or for 20 s.
  template <typename Enough>
  bool turn(Enough enough) {
    for (const Micros until = now() + 20 * kSecond; !enough();) {
      if (now() > until) return false;
      std::vector<zmq_pollitem_t> items;
      hosts->poll_items(items);
      zmq_poll(items.data(), static_cast<int>(items.size()), 5);
      hosts->receive(now());
      hosts->watch(now());
    }
    return true;
  }
  void ask(const std::string& section, std::uint64_t id, const std::string& text) {
    hosts->call(section, {id,
                          Function::handle,
                          {R"({"kind":"message","text":")" + text + "\"}", std::string("{}"), std::string("{}"),
                           std::string("{}")}});
  }
  const Done* answer(std::uint64_t id) const {
    for (const auto& done : ended)
      if (done.call.id == id) return &done;
    return nullptr;
  }

  zmq::context_t context;
  std::filesystem::path folder;
  std::vector<Done> ended;
  std::vector<std::string> seen;
  std::optional<Hosts> hosts;
};

}  // namespace postern::bus::test
