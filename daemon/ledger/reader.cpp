// SPDX-License-Identifier: Apache-2.0
#include "ledger/reader.hpp"

#include "base/thread.hpp"

namespace postern::ledger {

Reader::Reader(std::unique_ptr<View> view, std::size_t capacity)
    : view_(std::move(view)),
      box_(capacity, [this] { bell_.release(); }),
      thread_([this](std::stop_token stop) { run(stop); }) {}

void Reader::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Reader::run(std::stop_token stop) {
  name_thread("reader");
  yield_to_wakers();
  std::vector<Job> jobs;
  while (!stop.stop_requested()) {
    if (!box_.drain(jobs)) {
      bell_.acquire();
      continue;
    }
    for (auto& job : jobs) {
      if (stop.stop_requested()) return;
      job(*view_);
    }
  }
}

}  // namespace postern::ledger
