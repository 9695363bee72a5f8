// SPDX-License-Identifier: Apache-2.0
// The heart of the broker: a deterministic state machine. It has no clock, thread, socket or random number; the same
// inputs give the same records, rows and actions. The shell commits a batch's records and rows in one transaction and
// carries out what the world can see afterwards. A batch is never undone: it commits, or the process starts again from
// disk; so the state is changed as the decision is made, and is never wrong, only early.
#pragma once
#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "core/decision.hpp"
#include "core/image.hpp"
#include "core/input.hpp"

namespace postern::core {

/// Figures for status and metrics; read on the broker's thread.
struct Figures {
  std::size_t conversations = 0, lanes_busy = 0, events_waiting = 0, turns_waiting = 0, quarantined = 0;
  std::size_t parts_queued = 0, parts_held = 0, parts_sending = 0, parts_unknown = 0, parts_parked = 0;
  std::uint64_t received = 0, duplicates = 0, dropped = 0, answered = 0, sent = 0, refused = 0, escalated = 0;
  std::size_t files_waiting = 0;  ///< to be fetched
  std::uint64_t files_fetched = 0, files_failed = 0, files_passed = 0, bodies_shredded = 0;
  std::uint64_t account_changes = 0;  ///< moves when account_marks() gives something else
  std::int64_t records = 0;           ///< that were decided, durable or not yet
};

/// How an account stands, for metrics.
struct AccountMark {
  std::string_view account, pause_class;  ///< not paused: empty
  Micros token_ends = 0;                  ///< wall time; 0: not known
};

/// What can be read at every turn of the broker: kept as it happens, so it costs nothing.
struct Tally {
  std::uint64_t received = 0, duplicates = 0, sent = 0, refused = 0, answered = 0, escalated = 0;
  std::size_t turns_waiting = 0, quarantined = 0, conversations = 0;
  std::uint64_t account_changes = 0;
};

class Core {
 public:
  /// `seen_key` keys the digests by which repeated events are known.
  Core(std::shared_ptr<const Settings> settings, const crypto::Key& seen_key, Image image);
  ~Core();

  /// Decides one input and adds what follows to `out`. `now` must not go back in `boot` within one boot.
  void decide(Input&& input, const Now& now, const Chance& chance, Decision& out);

  /// What the start itself asks for: handlers and attempts that were open, polls. Once, after construction; before it
  /// only what the start puts on record may be decided (Noted).
  void resume(const Now& now, const Chance& chance, Decision& out);

  /// When Tick should come, as wall time; 0: nothing waits for time.
  Micros next_due() const;

  Figures figures() const;
  Tally tally() const;
  /// Events and parts that are in memory and not done with: the broker takes no more above a limit.
  std::size_t waiting() const;
  /// JSON for tools: one account's, conversation's or part's state. See docs/protocol.md.
  std::string accounts_json() const;
  std::vector<AccountMark> account_marks() const;
  bool knows_account(std::string_view name) const;
  std::string quarantine_json() const;
  std::string parked_json() const;
  /// How far what a platform has asked for under this code is: unknown, nothing (is held), under-way, deferred, done.
  std::string_view deletion_state(const Id& code) const;
  /// What the rate limits have counted.
  const policy::RateBook& rates() const;

 private:
  class Machine;
  std::unique_ptr<Machine> machine_;
};

}  // namespace postern::core
