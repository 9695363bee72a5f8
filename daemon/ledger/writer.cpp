// SPDX-License-Identifier: Apache-2.0
#include "ledger/writer.hpp"

#include <sys/statvfs.h>

#include <condition_variable>
#include <mutex>

#include "base/log.hpp"
#include "base/thread.hpp"

namespace postern::ledger {
namespace {

constexpr std::size_t kPublished = 4'096;
constexpr auto kSpaceEvery = std::chrono::milliseconds(100);

/// Sleeps, but not beyond a request to stop.
void sleep_unless_stopped(std::stop_token stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
}

}  // namespace

Writer::Writer(Store& store, WriterOptions options, WriterEvents events)
    : options_(std::move(options)),
      events_(std::move(events)),
      directory_(store.options().directory.string()),
      box_(kOutstanding, [this] { bell_.release(); }),
      published_(kPublished, [this] { bell_.release(); }),
      group_commit_(store, options_.commit) {
  look_at_space();
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

Writer::~Writer() {
  stop();
}

bool Writer::submit(Batch&& batch) {
  if (outstanding_.fetch_add(1) < kOutstanding && box_.put(std::move(batch))) return true;
  outstanding_.fetch_sub(1);
  return false;
}

void Writer::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  bell_.release();
  thread_.join();
}

void Writer::run(std::stop_token stop) {
  name_thread("writer");
  yield_to_wakers();
  while (true) {
    const bool idle = !wait();
    const auto group = next_group();
    if (std::vector<Published> rows; published_.drain(rows)) group_commit_.keep(std::move(rows));
    if (group.empty() && stop.stop_requested()) break;
    auto outcome = group.empty() ? Outcome::done : commit(group, stop);
    if (outcome == Outcome::done) outcome = tidy(idle && group.empty());
    if (outcome != Outcome::done) return;
    look_at_space();
  }
  tidy(true);
}

/// Until there is work or a stop. False: there was none for the whole time that counts as idle.
bool Writer::wait() {
  if (!waiting_.empty() || box_.size() > 0) return true;
  if (group_commit_.renews()) {
    (void)bell_.try_acquire_for(options_.renew);
    return true;
  }
  if (admit()) return bell_.try_acquire_for(options_.idle);
  (void)bell_.try_acquire_for(kSpaceEvery);
  return true;
}

/// What waits, up to and including a batch that ends a key epoch.
std::vector<Batch> Writer::next_group() {
  std::vector<Batch> arrived;
  box_.drain(arrived);
  for (auto& batch : arrived) waiting_.push_back(std::move(batch));
  std::vector<Batch> group;
  while (!waiting_.empty() && (group.empty() || !group.back().ends_epoch())) {
    group.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return group;
}

Writer::Outcome Writer::commit(const std::vector<Batch>& group, std::stop_token stop) {
  while (true) {
    const auto done = group_commit_.run(group);
    if (done) break;
    if (!done.error().disk_full) return fail(done.error().error);
    if (!degraded()) log::warning("ledger.retry", text(done.error().error));
    set_degraded(true);
    if (stop.stop_requested()) return Outcome::given_up;
    sleep_unless_stopped(stop, options_.retry);
    look_at_space();
  }
  set_degraded(false);
  for (const auto& batch : group) {
    outstanding_.fetch_sub(1);
    const auto last = batch.records.empty() ? group_commit_.last_index() : batch.records.back().index;
    if (events_.committed) events_.committed(batch.number, last);
  }
  return Outcome::done;
}

/// What nobody waits for. A full disk only puts it off.
Writer::Outcome Writer::tidy(bool idle) {
  const auto bad = [](const auto& done) { return !done && !done.error().disk_full; };
  const auto spares = group_commit_.make_spares();
  if (bad(spares)) return fail(spares.error().error);
  if (spares && !spares->empty() && events_.spares) events_.spares(*spares);
  if (const auto done = group_commit_.keep_published(); bad(done)) return fail(done.error().error);
  if (const auto done = group_commit_.write_lots(idle); bad(done)) return fail(done.error().error);
  if (const auto done = group_commit_.checkpoint(idle); bad(done)) return fail(done.error().error);
  return renew();
}

/// A lot now and then, so that messages hardly wait for it.
Writer::Outcome Writer::renew() {
  const auto now = std::chrono::steady_clock::now();
  if (!group_commit_.renews() || now - renewed_at_ < options_.renew) return Outcome::done;
  const auto done = group_commit_.renew();
  renewed_at_ = std::chrono::steady_clock::now();
  if (!done) return done.error().disk_full ? Outcome::done : fail(done.error().error);
  if (*done && events_.renewed) events_.renewed(**done);
  return Outcome::done;
}

Writer::Outcome Writer::fail(Error error) {
  if (events_.fatal) events_.fatal(std::move(error));
  return Outcome::fatal;
}

void Writer::set_degraded(bool degraded) {
  if (degraded_.exchange(degraded) == degraded) return;
  if (events_.degraded) events_.degraded(degraded);
}

void Writer::look_at_space() {
  const auto now = std::chrono::steady_clock::now();
  if (now - space_looked_at_ < kSpaceEvery) return;
  space_looked_at_ = now;
  struct statvfs space {};
  if (statvfs(directory_.c_str(), &space) != 0) return;
  admit_ = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize >= options_.reserve;
}

}  // namespace postern::ledger
