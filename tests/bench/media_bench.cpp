// SPDX-License-Identifier: Apache-2.0
// What a large file does to the commits beside it: nothing kept, kept in a file of its own as the keeper does, and kept
// as a row of the ledger, which Postern does not. Commits of 20 messages, one every 5 ms; times are from submit to
// durable. Usage: media_bench [folder [seconds]]; the folder should be on the disk that is to be measured.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

#include "../unit/ledger/traffic.hpp"
#include "base/log.hpp"
#include "ledger/keeper.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

constexpr std::size_t kFile = 25u << 20;
using Steady = std::chrono::steady_clock;

enum class How { none, file, row };

/// Commits that can be waited for.
class Waiting {
 public:
  void reached(std::uint64_t number) {
    std::lock_guard lock(mutex_);
    done_ = number;
    changed_.notify_all();
  }
  void wait(std::uint64_t number) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_ >= number; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t done_ = 0;
};

double milliseconds(Steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

void measure(const std::filesystem::path& folder, How how, const char* name, double seconds) {
  Options options;
  options.directory = folder / name;
  std::filesystem::remove_all(options.directory);
  auto store = Store::open(options, SystemClock());
  if (!store) std::fprintf(stderr, "%s\n", text(store.error().error).c_str()), std::exit(store.error().exit_code);
  Waiting commits;
  std::atomic<int> kept{0};
  WriterEvents events;
  events.committed = [&](std::uint64_t number, std::int64_t) { commits.reached(number); };
  events.fatal = [](Error error) { std::fprintf(stderr, "%s\n", text(error).c_str()), std::exit(1); };
  Writer writer(**store, {}, std::move(events));
  auto view = (*store)->open_view();
  Keeper keeper(std::move(*view), options.directory / "media", {}, 10,
                {[&](core::FileFetched&&) { ++kept; }, [](core::Input&&) {}, [](Error) {}});

  Traffic traffic(**store);
  std::uint64_t number = 0;
  const auto commit = [&](Batch&& batch) {
    batch.number = ++number;
    const auto begun = Steady::now();
    if (!writer.submit(std::move(batch))) std::exit(1);
    commits.wait(number);
    return milliseconds(Steady::now() - begun);
  };
  commit(traffic.start());
  commit(traffic.batch(20));
  std::vector<double> times;
  const auto begun = Steady::now();
  int files = 0;
  for (int at = 0; milliseconds(Steady::now() - begun) < seconds * 1000; ++at) {
    auto batch = traffic.batch(20);
    if (how == How::file && files == kept) {
      Content content;
      content.keep = true;
      content.contact = batch.records.front().contact;
      content.index = 1;
      content.wall = batch.records.front().wall;
      content.bytes.assign(kFile, 'x');
      if (keeper.keep(std::move(content))) ++files;
    }
    if (how == How::row && at % 40 == 0) {
      batch.records.front().body = std::make_shared<const std::string>(kFile, 'x');
      ++files;
    }
    times.push_back(commit(std::move(batch)));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  std::sort(times.begin(), times.end());
  const auto of = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::printf("%-6s %5zu commits, %3d files: median %6.2f ms, p99 %7.2f ms, longest %7.2f ms\n", name, times.size(),
              files, of(0.5), of(0.99), times.back());
  writer.stop();
  keeper.stop();
  store->reset();
  std::filesystem::remove_all(options.directory);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : "media-bench";
  const double seconds = argc > 2 ? std::atof(argv[2]) : 5;
  log::set_level(log::Level::error);
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  measure(folder, How::none, "none", seconds);
  measure(folder, How::file, "file", seconds);
  measure(folder, How::row, "row", seconds);
}
