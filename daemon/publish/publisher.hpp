// SPDX-License-Identifier: Apache-2.0
// The thread that puts checkpoints where nobody who has this machine can take them back. It reads what is durable and
// waits for nobody but the outside; the writer never waits for it. What it has done comes into the record.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

#include "core/record.hpp"
#include "publish/sinks.hpp"
#include "publish/witness.hpp"

namespace postern::publish {

/// How a sink or a witness stands.
struct Mark {
  std::string name;       ///< "highwater", "witness example.org/w1"
  std::int64_t size = 0;  ///< of the newest checkpoint that it has taken
  std::string trouble;    ///< why it has not taken the newest, and what to do; empty: it is well
};

struct Events {
  /// What has to come into the ledger. Called on the publisher's thread.
  std::function<void(std::vector<core::Record>&&, std::vector<ledger::Published>&&)> record;
  /// A witness has seen what this ledger is no continuation of. Once.
  std::function<void(const std::string& why)> alarm;
};

class Publisher {
 public:
  /// Starts the thread. What the events refer to must outlive it.
  Publisher(std::unique_ptr<ledger::View> view, const Settings& settings, Events events);
  /// stop()
  ~Publisher();

  /// A commit has returned; the writer's thread.
  void committed(std::int64_t last_index);
  /// Any thread.
  std::vector<Mark> marks() const;
  /// Ends the thread, after the files have got the newest checkpoint.
  void stop();

 private:
  struct Outlet {
    std::unique_ptr<Sink> sink;
    Mark mark;
  };
  struct Watcher {
    Witness witness;
    Mark mark;
    bool told = false;  ///< its being missing is on record
  };

  void run(std::stop_token stop);
  bool due() const;
  bool in_trouble() const;
  void publish();
  bool put(const ledger::View::Head& head);
  void ask_witnesses(const ledger::View::Head& head, bool news);
  void settle(Mark& mark, std::int64_t size, std::string trouble);
  bool has_news(std::int64_t from, std::int64_t to);
  void add_record(std::string_view type, std::string_view outcome, std::int64_t size);

  const std::unique_ptr<ledger::View> view_;
  const std::int64_t most_waiting_;
  const std::chrono::microseconds every_;
  const Events events_;
  SystemClock clock_;
  Caller caller_;
  std::vector<Outlet> outlets_;
  std::vector<Watcher> watchers_;
  std::vector<core::Record> records_;  // of this round
  std::vector<ledger::Published> rows_;
  bool alarmed_ = false;
  std::atomic<bool> ends_{false};
  std::atomic<std::int64_t> published_{0}, newest_{0};  // sizes
  mutable std::mutex mutex_;                            // guards the marks
  std::binary_semaphore bell_{0};
  std::atomic<bool> rung_{false};
  std::jthread thread_;  // last: it uses all of the above
};

/// Does any of the witnesses know more of this ledger than the ledger does? Waits for their answers, some seconds at
/// most; those that do not answer are counted, with a word in the log. An error: the ledger must not go on.
Result<int> ask_before_start(ledger::View& view, const Settings& settings);

}  // namespace postern::publish
