// SPDX-License-Identifier: Apache-2.0
#include "search/indexer.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>

#include "base/log.hpp"
#include "base/thread.hpp"

namespace postern::search {
namespace {

using namespace std::chrono_literals;

constexpr auto kIdle = 300ms;  ///< between two looks at the record, when there was nothing new
constexpr auto kBehind = 2s;   ///< that a search waits for what is not taken in yet
constexpr int kNice = 15;      ///< what is on its way to contacts comes first

}  // namespace

Indexer::Indexer(std::unique_ptr<ledger::View> view, std::unique_ptr<Index> index, std::size_t capacity)
    : view_(std::move(view)),
      index_(std::move(index)),
      box_(capacity, [this] { bell_.release(); }),
      thread_([this](std::stop_token stop) { run(stop); }) {}

void Indexer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Indexer::run(std::stop_token stop) {
  name_thread("indexer");
  yield_to_wakers();
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
  std::vector<Job> jobs;
  while (!stop.stop_requested()) {
    if (!box_.drain(jobs)) {
      if (!take_lot()) (void)bell_.try_acquire_for(kIdle);
      continue;
    }
    for (auto& job : jobs) {
      const auto until = std::chrono::steady_clock::now() + kBehind;
      while (!stop.stop_requested() && std::chrono::steady_clock::now() < until && take_lot()) {
      }
      if (stop.stop_requested()) return;
      job(*view_, *index_);
    }
  }
}

/// True if there is more. What cannot be read or written ends the filling, not the daemon: it is an index.
bool Indexer::take_lot() {
  if (broken_) return false;
  const auto more = index_->take_lot(*view_);
  if (more) return *more;
  log::error("search.failed", "the index is filled no further: " + text(more.error()) +
                                  "; a start goes on, and makes it anew if search.db is removed");
  broken_ = true;
  return false;
}

}  // namespace postern::search
