// SPDX-License-Identifier: Apache-2.0
// The one thread that writes. It takes the batches that wait, seals, hashes and inserts their records together with the
// rows that changed, proves what is on its way to the disk before it signs it, and commits. What comes in one call of
// take commits in one transaction; a batch is never undone: it commits, or the process ends and starts from disk.
#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <semaphore>
#include <stop_token>
#include <thread>
#include <vector>

#include "base/mailbox.hpp"
#include "ledger/commit.hpp"

namespace postern::ledger {

/// What the owner is told. All are called on the writer's thread and must not wait.
struct WriterEvents {
  /// The batch is durable, up to and including record `last_index` (−1 while the ledger is empty).
  std::function<void(std::uint64_t number, std::int64_t last_index)> committed;
  /// Subjects that were made and are durable, for the core's input Spares.
  std::function<void(std::vector<Id>)> spares;
  /// No room on the disk: the batch is begun again every 250 ms; then: there is room again.
  std::function<void(bool degraded)> degraded;
  /// The ledger can no longer be written. The process must exit with 74 and start from disk; nothing is tried again.
  std::function<void(Error)> fatal;
  /// All that keys.db holds is wrapped under this key encryption key; older ones are needed no longer. For a record
  /// kek.rotate.
  std::function<void(std::int64_t kek)> renewed = {};
};

struct WriterOptions {
  std::uint64_t reserve = 64u << 20;      ///< bytes of free space below which admit() says no
  std::chrono::milliseconds retry{250};   ///< between two attempts on a full disk
  std::chrono::milliseconds renew{50};    ///< between two lots of keys that are wrapped anew
  std::chrono::milliseconds idle{1'000};  ///< after so long without work, waiting lots are written
  CommitOptions commit;
};

class Writer {
 public:
  static constexpr std::size_t kOutstanding = 4;  ///< batches that may be on their way

  /// Starts the thread. `store` and what the events refer to must outlive the writer.
  Writer(Store& store, WriterOptions options, WriterEvents events);
  /// As stop().
  ~Writer();

  /// Any thread. False if four batches are already on their way; the batch is then untouched.
  [[nodiscard]] bool submit(Batch&& batch);
  /// Any thread. False if too many wait; the row is then untouched. It is kept soon, with or without a batch.
  [[nodiscard]] bool keep(Published&& row) { return published_.put(std::move(row)); }
  /// Commits what was submitted, writes the waiting lots, and ends the thread. A batch for which there is no room on
  /// disk is given up: it was never acknowledged.
  void stop();

  /// Is there room enough to take more in? Any thread; looked up at most every 100 ms.
  bool admit() const { return admit_.load(std::memory_order_relaxed); }
  /// Is the disk full, so that a batch waits for room? Any thread.
  bool degraded() const { return degraded_.load(std::memory_order_relaxed); }

 private:
  /// How work ends that the disk may refuse.
  enum class Outcome { done, given_up, fatal };

  void run(std::stop_token stop);
  bool wait();
  std::vector<Batch> next_group();
  Outcome commit(const std::vector<Batch>& group, std::stop_token stop);
  Outcome tidy(bool idle);
  Outcome renew();
  Outcome fail(Error error);
  void set_degraded(bool degraded);
  void look_at_space();

  std::atomic<bool> admit_{true}, degraded_{false};
  std::atomic<std::size_t> outstanding_{0};
  const WriterOptions options_;
  const WriterEvents events_;
  const std::string directory_;
  std::counting_semaphore<> bell_{0};
  Mailbox<Batch> box_;
  Mailbox<Published> published_;
  std::deque<Batch> waiting_;
  GroupCommit group_commit_;
  std::chrono::steady_clock::time_point space_looked_at_{}, renewed_at_{};
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postern::ledger
