// SPDX-License-Identifier: Apache-2.0
#include "ledger/reader.hpp"

#include "base/thread.hpp"

namespace postern::ledger {

Reader::Reader(std::unique_ptr<View> view, std::size_t capacity, const char* name)
    : view_(std::move(view)),
      box_(capacity, [this] { bell_.release(); }),
      thread_([this, name](std::stop_token stop) { run(stop, name); }) {}

void Reader::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Reader::run(std::stop_token stop, const char* name) {
  name_thread(name);
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
