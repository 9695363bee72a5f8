// SPDX-License-Identifier: Apache-2.0
// The thread that reads the whole ledger again and again: a bit that has turned on the disk is found while there are
// backups without it. Small steps with pauses, on a query-only connection and only while the machine has nothing else
// to do; nothing waits for it.
#pragma once
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "base/clock.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

struct ScrubOptions {
  Micros every = kDay;          ///< from the end of one pass to the beginning of the next
  Micros settle = 5 * kMinute;  ///< what a start is left in peace for, if `every` is not shorter
  std::filesystem::path mark;   ///< a file: when the last pass without a finding ended
  std::chrono::milliseconds longest{
      50};  ///< a pause between two steps; shorter ones rest four times as long as they worked
};

/// What is known of the ledger's files.
struct ScrubStatus {
  Micros last_well = 0;  ///< wall time at which the last pass ended that found nothing; 0: none yet
  std::string damage;    ///< where and what, of the first finding; empty: none
};

class Scrubber {
 public:
  /// `view` is used by the scrubber's thread alone.
  Scrubber(std::unique_ptr<View> view, ScrubOptions options);
  ~Scrubber() { stop(); }

  /// Any thread. Damage once found stays until the daemon starts again, which then looks at once.
  ScrubStatus status() const;
  /// Ends the thread, within a step of the pass that runs.
  void stop();

 private:
  void run(std::stop_token stop);
  void pass(std::stop_token stop);
  Micros first_wait() const;

  const ScrubOptions options_;
  std::unique_ptr<View> view_;
  mutable std::mutex mutex_;
  ScrubStatus status_;
  std::jthread thread_;  // last: it uses all of the above
};

/// Reads every record, body, tile and kept checkpoint up to the newest, and has SQLite check the file itself. The first
/// finding, as a sentence; empty if there is none or `pause`, which is called between steps, said stop by false.
std::string find_damage(View& view, const std::function<bool()>& pause);

}  // namespace postern::ledger
