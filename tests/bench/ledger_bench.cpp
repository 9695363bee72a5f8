// SPDX-License-Identifier: Apache-2.0
// What an answered message costs the writer: three sealed records and about seven rows, at several sizes of a batch.
// CPU time is that of the writer's thread, taken in its own callbacks; lots and SQLite's checkpoints are in it.
// Usage: ledger_bench [folder [messages [people [size]]]]; the folder should be on the disk that is to be measured.
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "../unit/ledger/traffic.hpp"
#include "base/log.hpp"

using namespace postern;
using namespace postern::ledger;
using namespace postern::ledger::test;

namespace {

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Opens the ledger in `folder` and prints how long it took.
void time_start(const std::filesystem::path& folder, const char* after) {
  Options options;
  options.directory = folder;
  const auto begun = wall_seconds();
  auto store = Store::open(options, SystemClock());
  if (!store) std::fprintf(stderr, "%s\n", text(store.error().error).c_str()), std::exit(store.error().exit_code);
  std::printf("%4s start after %s, %lld records: %.0f ms\n", "", after,
              static_cast<long long>((*store)->take_image().next_index), (wall_seconds() - begun) * 1e3);
  store->reset();
  std::filesystem::remove_all(folder);
}

/// Runs `messages` through a ledger of their own and prints a line.
void measure(const std::filesystem::path& folder, std::size_t size, std::size_t messages, std::size_t people) {
  Options options;
  options.directory = folder / ("bench-" + std::to_string(size));
  std::filesystem::remove_all(options.directory);
  auto store = Store::open(options, SystemClock());
  if (!store) std::fprintf(stderr, "%s\n", text(store.error().error).c_str()), std::exit(store.error().exit_code);

  Traffic traffic(**store);
  std::vector<Batch> batches;
  batches.push_back(traffic.start());
  for (std::size_t made = 0; made < people; made += size) batches.push_back(traffic.batch(size, people));
  const auto warm_up = batches.size();
  for (std::size_t made = 0; made < messages; made += size) batches.push_back(traffic.batch(size, people));
  const auto measured = (batches.size() - warm_up) * size;

  double cpu = 0, wall = 0;
  std::counting_semaphore<> done(0);
  WriterEvents events;
  events.committed = [&](std::uint64_t number, std::int64_t) {
    if (number == warm_up) cpu = thread_seconds(), wall = wall_seconds();
    if (number == batches.size()) cpu = thread_seconds() - cpu, wall = wall_seconds() - wall;
    done.release();
  };
  events.fatal = [](Error error) { std::fprintf(stderr, "%s\n", text(error).c_str()), std::exit(74); };
  Writer writer(**store, {}, std::move(events));
  std::size_t outstanding = 0, number = 0;
  for (auto& batch : batches) {
    batch.number = ++number;
    // One at a time, so that a transaction holds one batch and its size is the one that is named.
    while (outstanding > 0) done.acquire(), --outstanding;
    if (!writer.submit(std::move(batch))) std::abort();
    ++outstanding;
  }
  while (outstanding > 0) done.acquire(), --outstanding;
  std::printf("%4zu messages a batch: %6.1f us CPU an answered message, %7.0f messages/s, %6.0f commits/s\n", size,
              cpu / static_cast<double>(measured) * 1e6, static_cast<double>(measured) / wall,
              static_cast<double>(measured) / static_cast<double>(size) / wall);
  // What a crash would leave: the files as they are now, with the lots that are not written yet.
  const auto crashed = folder / "bench-crashed";
  std::filesystem::remove_all(crashed);
  std::filesystem::copy(options.directory, crashed);
  std::filesystem::permissions(crashed, std::filesystem::perms::owner_all);
  writer.stop();
  time_start(crashed, "a crash");
  store->reset();
  time_start(options.directory, "a stop");
}

}  // namespace

int main(int argc, char** argv) {
  log::set_level(log::Level::warning);
  const std::filesystem::path folder = argc > 1 ? argv[1] : std::filesystem::temp_directory_path();
  const std::size_t messages = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 30'000;
  const std::size_t people = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 2'000;
  const std::size_t only = argc > 4 ? std::strtoul(argv[4], nullptr, 10) : 0;
  for (const std::size_t size : {1, 10, 33, 100})
    if (only == 0 || only == size) measure(folder, size, size == 1 ? messages / 5 : messages, people);
  return 0;
}
