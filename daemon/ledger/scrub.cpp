// SPDX-License-Identifier: Apache-2.0
#include "ledger/scrub.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "ledger/files.hpp"
#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"

namespace postern::ledger {
namespace {

using Steady = std::chrono::steady_clock;

constexpr int kInstructions = 20'000;  // of SQLite's machine, between two pauses of quick_check; about a millisecond
constexpr auto kRemedy =
    "keep the files as evidence, and restore a backup that verifies: docs/operations.md, \"A damaged ledger\"";

Micros wall_now() {
  return SystemClock().now().wall;
}

/// False as soon as a stop is asked for.
bool sleep(std::stop_token stop, std::chrono::microseconds time) {
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any().wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

/// Rests four times as long as it has worked since the last rest, so that a pass takes a fifth of one core at most.
class Pace {
 public:
  Pace(std::stop_token stop, std::chrono::milliseconds longest) : stop_(std::move(stop)), longest_(longest) {}

  bool operator()() {
    const auto worked = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - since_);
    const bool goes_on = sleep(stop_, std::min<std::chrono::microseconds>(4 * worked, longest_));
    since_ = Steady::now();
    return goes_on;
  }

 private:
  std::stop_token stop_;
  const std::chrono::milliseconds longest_;
  Steady::time_point since_ = Steady::now();
};

/// The structure of the file, which the records do not show: what SQLite says of it.
std::string quick_check(Database& database, const std::function<bool()>& pause) {
  const auto ask = [](void* context) { return (*static_cast<const std::function<bool()>*>(context))() ? 0 : 1; };
  sqlite3_progress_handler(database.handle(), kInstructions, ask, const_cast<std::function<bool()>*>(&pause));
  auto check = database.prepare("PRAGMA quick_check(1)");
  std::string said = check.query().next() ? std::string(check.text(0)) : "ok";
  check.reset();
  sqlite3_progress_handler(database.handle(), 0, nullptr, nullptr);
  const auto error = database.take_error();
  if (error && error->code != SQLITE_INTERRUPT) return "ledger.db: " + error->what;
  return said == "ok" ? "" : "ledger.db: " + said;
}

}  // namespace

std::string find_damage(View& view, const std::function<bool()>& pause) {
  if (!view.head() && !view.log().integer("SELECT i FROM event LIMIT 1"))
    return {};  // a new one, of which nothing is written
  bool stopped = false;
  const std::function<bool()> ask = [&] { return !(stopped = stopped || !pause()); };
  Pins pins;
  pins.genesis = view.shared().genesis;
  auto log = open_live(view, ask);
  if (!log) return log.error().what;
  const auto verdict = verify(**log, pins);
  if (stopped) return {};
  if (verdict.code() != Code::ok && verdict.code() != Code::erased) {
    const auto worst = std::find_if(verdict.findings.begin(), verdict.findings.end(),
                                    [&](const Finding& finding) { return finding.code == verdict.code(); });
    return worst->where + " " + worst->what;
  }
  return quick_check(view.log(), ask);
}

Scrubber::Scrubber(std::unique_ptr<View> view, ScrubOptions options)
    : options_(std::move(options)), view_(std::move(view)) {
  if (const auto mark = read_file(options_.mark)) status_.last_well = std::atoll(mark->c_str());
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

void Scrubber::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

ScrubStatus Scrubber::status() const {
  std::lock_guard lock(mutex_);
  return status_;
}

/// A pass that an end has cut short, or that found something, left no mark: it is due.
Micros Scrubber::first_wait() const {
  const auto due = status_.last_well + options_.every - wall_now();
  return std::clamp(due, std::min(options_.settle, options_.every), options_.every);
}

void Scrubber::run(std::stop_token stop) {
  name_thread("scrubber");
  run_when_idle();
  for (auto wait = first_wait(); sleep(stop, std::chrono::microseconds(wait)); wait = options_.every) pass(stop);
}

void Scrubber::pass(std::stop_token stop) {
  auto damage = find_damage(*view_, Pace(stop, options_.longest));
  if (stop.stop_requested()) return;
  if (!damage.empty()) {
    log::error("ledger.damaged", "the ledger's file was changed or is failing: " + damage + "; " + kRemedy);
    std::lock_guard lock(mutex_);
    if (status_.damage.empty()) status_.damage = std::move(damage);
    return;
  }
  const auto now = wall_now();
  if (auto done = write_file(options_.mark, std::to_string(now) + "\n", 0600); !done)
    log::warning("ledger.scrubbed", "when the ledger was read again could not be noted: " + text(done.error()));
  std::lock_guard lock(mutex_);
  status_.last_well = now;
}

}  // namespace postern::ledger
