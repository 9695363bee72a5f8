// SPDX-License-Identifier: Apache-2.0
// How long it takes to open a ledger and to verify all of it, as `posternctl audit verify` and the scrubber do.
// Usage: verify_bench FOLDER KEK_FILE NAME; postern-fill makes such a ledger.
#include <time.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "ledger/format/verify.hpp"
#include "ledger/live.hpp"
#include "store.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) std::fputs("usage: verify_bench FOLDER KEK_FILE NAME\n", stderr), exit(64);
  auto cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  const auto store = bench::open_store(argv[1], argv[2], argv[3]);
  std::printf("opened in %.0f ms, %.0f of CPU\n", (seconds(CLOCK_MONOTONIC) - wall) * 1e3,
              (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3);
  auto view = store->open_view();
  auto log = view ? open_live(**view) : tl::unexpected(view.error());
  if (!log) return std::fprintf(stderr, "%s\n", text(log.error()).c_str()), 74;
  Pins pins;
  pins.genesis = store->genesis();
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  const auto verdict = verify(**log, pins);
  cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu, wall = seconds(CLOCK_MONOTONIC) - wall;
  const auto records = static_cast<double>(verdict.leaves);
  std::printf("%.0f records, %llu bodies, code %d: %.1f s, %.1f of CPU; ten millions: %.0f s, %.0f of CPU\n", records,
              static_cast<unsigned long long>(verdict.intact), static_cast<int>(verdict.code()), wall, cpu,
              wall / records * 1e7, cpu / records * 1e7);
  return static_cast<int>(verdict.code());
}
