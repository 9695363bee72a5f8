// SPDX-License-Identifier: Apache-2.0
// One plugin as the broker sees it: who runs it, what it has been asked, what waits. Supervision: plugin-api/WIRE.md.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "bus/call.hpp"
#include "bus/child.hpp"
#include "bus/host_thread.hpp"

namespace postern::bus {

enum class Isolation : std::uint8_t { thread, process, external };
std::string_view name(Isolation isolation);

/// What a host runs and how.
struct HostSpec {
  std::string section;  ///< "platform.messenger", "handler.hello"
  std::filesystem::path library;
  std::string config;  ///< the section's options as JSON, without secrets
  Isolation isolation = Isolation::process;
  std::optional<uid_t> user;  ///< external: who it must be
};

/// For `posternctl plugin list` and status.
struct HostStatus {
  std::string section, plugin, version, isolation, state, last_error;
  std::uint64_t epoch = 0, restarts = 0, calls = 0, faults = 0;
  std::int64_t pid = 0;
  std::size_t open = 0, waiting = 0;
};

/// How much a host may have open, and how long it may take.
struct HostLimits {
  std::size_t credit = 64;
  Micros codec_time = 2 * kSecond, handle_time = 5 * kSecond;
  Micros hello_time = 10 * kSecond;
  Micros calm = 10 * kSecond;  ///< so long without a crash resets the back-off
};

class Session {
 public:
  enum class State : std::uint8_t { down, starting, ready };

  Session(HostSpec spec, const HostLimits& limits) : spec_(std::move(spec)), limits_(limits) {}

  const HostSpec& spec() const { return spec_; }
  State state() const { return state_; }
  std::uint64_t epoch() const { return epoch_; }
  const zmq::message_t& route() const { return route_; }
  HostStatus status() const;

  // -- life
  /// When it is to be started again; 0: not now.
  Micros start_at() const { return state_ == State::down ? start_at_ : 0; }
  void starting(Micros now);
  void ready(zmq::message_t route, std::string plugin, std::string version, std::int64_t pid, std::size_t credit);
  /// It has ended. Gives the call that alone was open, if there was just one; the others will be asked again, one at a
  /// time, so that only the guilty one is counted.
  std::optional<Call> crashed(std::string why, Micros now);

  /// Has the process of a host that is ready ended? It may be somebody else's child, so only its number is asked for.
  bool has_left() const;

  /// A new configuration: the host that runs is told to end, gets no more calls, and the next one gets them.
  void renew(HostSpec spec);
  /// Is its end wanted, and so no crash?
  bool is_renewed() const { return renewed_; }
  /// It has ended as it was told to: what it had not answered is asked again.
  void ended_for_renewal(Micros now);

  // -- calls
  void add(Call call) { (call.alone ? suspects_ : waiting_).push_back(std::move(call)); }
  /// The next call that may be sent now; it counts as open from then on. Null: none.
  const Call* next(Micros now);
  /// Takes an open call off the books; nothing for an id that is not open.
  std::optional<Call> close(std::uint64_t id, Micros now);
  /// Has the plugin been busy with one call for longer than it may? The name of that call's function.
  std::optional<Function> hangs(Micros now) const;
  Micros hang_at() const;
  /// Everything that is open or waits; at the end.
  std::size_t load() const { return open_.size() + suspects_.size() + waiting_.size(); }
  void count_fault(std::string text) {
    ++faults_;
    last_error_ = std::move(text);
  }

  // Whoever runs it: exactly one of these, or nobody (external).
  Child child;
  Micros kill_at = 0;      ///< SIGKILL follows SIGTERM
  std::string killed_for;  ///< why we ended it ourselves
  HostThread thread;
  bool hang_reported = false;
  Micros heard = 0;  ///< external and process: the last frame

 private:
  HostSpec spec_;
  const HostLimits& limits_;
  State state_ = State::down;
  zmq::message_t route_;
  std::string plugin_, version_, last_error_;
  std::uint64_t epoch_ = 0, restarts_ = 0, calls_ = 0, faults_ = 0;
  std::int64_t pid_ = 0;
  std::size_t credit_ = 64;
  Micros start_at_ = 1, started_ = 0, back_off_ = 0, busy_since_ = 0;
  std::deque<Call> waiting_, suspects_;
  std::vector<Call> open_;  ///< in the order sent, which is the order in which a host serves
  bool testing_ = false;    ///< a suspect is open, alone
  bool renewed_ = false;
};

}  // namespace postern::bus
