// SPDX-License-Identifier: Apache-2.0
// A thread that answers tools: one for questions, one for what takes long, exports and proofs. A job is a function of a
// View; it runs alone, in the order of submission, and must page through what is long, since the jobs behind it wait.
#pragma once
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>

#include "base/mailbox.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

class Reader {
 public:
  using Job = std::function<void(View&)>;

  /// `name` is the thread's.
  Reader(std::unique_ptr<View> view, std::size_t capacity, const char* name = "reader");
  ~Reader() { stop(); }

  /// Any thread. False if so many jobs wait that this one must be refused; it is then untouched.
  [[nodiscard]] bool submit(Job&& job) { return box_.put(std::move(job)); }
  /// Ends the thread after the job that runs; those that wait are dropped.
  void stop();

 private:
  void run(std::stop_token stop, const char* name);

  std::unique_ptr<View> view_;
  std::counting_semaphore<> bell_{0};
  Mailbox<Job> box_;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace postern::ledger
