// SPDX-License-Identifier: Apache-2.0
// The shell in miniature: it hands inputs to the core, commits what is decided, at most four batches ahead, and carries
// out the actions. It can die at every boundary; the disk and what has left for the platforms remain.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>

#include "core/core.hpp"
#include "issuer.hpp"
#include "world.hpp"

namespace postern::simulation {

class Handlers;
class Platform;

class Shell {
 public:
  /// Of a thousand commits, so many end in a crash. `room`: conversations that fit into memory.
  Shell(World& world, int crashes, std::size_t room);

  void connect(Handlers& handlers, std::vector<Platform*> platforms);
  void start();
  /// The process is gone with all that it had in memory; it starts again after a while.
  void crash();
  bool up() const { return core_ != nullptr; }
  /// Which process this is: an answer to an earlier one reaches nobody.
  std::uint64_t life() const { return life_; }
  Micros up_for() const { return up() ? world_.schedule.time() - started_ : 0; }

  /// Nothing happens if the process is down.
  void put(core::Input&& input);
  /// Puts what `make` returns after a while, if the same process is still there to hear it.
  void later(Micros delay, std::function<core::Input()> make);
  /// A webhook: `answered` hears of the 200. A process that dies closes the connection, so that nothing is heard.
  void receive(core::Arrived&& arrived, std::function<void()> answered);
  void receive(core::Undecodable&& body, std::function<void()> answered);
  /// A tool's request; `answered` hears what became of it, unless the process dies before.
  void command(core::Command&& command, std::function<void(const core::Reply&)> answered);
  void reload(int variant);
  /// The settings of the running process, or of the last one.
  const core::Settings& settings() const { return *settings_; }
  core::Core& core() { return *core_; }

 private:
  struct Batch {
    Disk::Batch content;
    std::vector<core::Action> actions;
    bool ready = false;
  };

  void decided(std::size_t first_record);
  void flush();
  void commit_ready();
  bool commit_front();
  bool dies(int of_thousand);
  void wake();
  void carry_out(const core::Action& action);
  void fetch(const core::FetchFile& wanted);
  void load(const core::Load& wanted);

  World& world_;
  const int crashes_;
  const std::size_t room_;
  const int slow_;  ///< of a thousand commits, so many take long
  const crypto::Key seen_key_{{7}};
  Handlers* handlers_ = nullptr;
  std::vector<Platform*> platforms_;
  Issuer issuer_;
  std::uint8_t login_;
  std::shared_ptr<const core::Settings> settings_;
  std::unique_ptr<core::Core> core_;
  core::Decision open_;
  std::deque<Batch> in_flight_;
  std::unordered_map<std::uint64_t, std::function<void()>> connections_;
  std::unordered_map<std::uint64_t, std::function<void(const core::Reply&)>> requests_;
  std::set<std::string> files_;  ///< that are kept
  std::uint64_t life_ = 0, next_number_ = 1;
  Micros started_ = 0, wake_at_ = 0;
  bool flush_asked_ = false;
};

}  // namespace postern::simulation
