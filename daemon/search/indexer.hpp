// SPDX-License-Identifier: Apache-2.0
// The thread that owns search.db. It takes in what is on record behind the work of all others, and answers searches.
#pragma once
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>

#include "base/mailbox.hpp"
#include "search/index.hpp"

namespace postern::search {

class Indexer {
 public:
  using Job = std::function<void(ledger::View&, Index&)>;

  Indexer(std::unique_ptr<ledger::View> view, std::unique_ptr<Index> index, std::size_t capacity);
  ~Indexer() { stop(); }

  /// Any thread. Before a job what is on record by then is taken in, for two seconds at most. False if so many wait
  /// that this one must be refused; it is then untouched.
  [[nodiscard]] bool submit(Job&& job) { return box_.put(std::move(job)); }
  /// Ends the thread after the job or the lot at hand; jobs that wait are dropped.
  void stop();

 private:
  void run(std::stop_token stop);
  bool take_lot();

  std::unique_ptr<ledger::View> view_;
  std::unique_ptr<Index> index_;
  bool broken_ = false;
  std::counting_semaphore<> bell_{0};
  Mailbox<Job> box_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postern::search
