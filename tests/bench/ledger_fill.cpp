// SPDX-License-Identifier: Apache-2.0
// Fills a new ledger with answered messages, three records each, for measuring what depends on its size.
// Usage: postern-fill FOLDER KEK_FILE NAME RECORDS
#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "../unit/ledger/traffic.hpp"
#include "store.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

constexpr std::size_t kMessagesABatch = 100, kPeople = 20'000;

int fill(Store& store, std::int64_t records) {
  std::atomic<std::uint64_t> committed{0};
  WriterEvents events;
  events.committed = [&](std::uint64_t number, std::int64_t) { committed = number, committed.notify_one(); };
  events.fatal = [](Error error) { std::fprintf(stderr, "%s\n", text(error).c_str()), std::_Exit(74); };
  Writer writer(store, {}, std::move(events));
  std::uint64_t number = 0;
  const auto commit = [&](Batch batch) {
    batch.number = ++number;
    for (auto seen = committed.load(); !writer.submit(std::move(batch)); seen = committed.load()) committed.wait(seen);
  };
  test::Traffic traffic(store);
  commit(traffic.start());
  while (traffic.next() < records) commit(traffic.batch(kMessagesABatch, kPeople));
  // Two empty ones, in which the last messages are answered: a daemon that starts finds nothing to send.
  for (int last = 0; last < 2; ++last) commit(traffic.batch(0));
  writer.stop();
  std::printf("%lld records\n", static_cast<long long>(traffic.next()));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) std::fputs("usage: postern-fill FOLDER KEK_FILE NAME RECORDS\n", stderr), exit(64);
  const auto store = bench::open_store(argv[1], argv[2], argv[3]);
  return fill(*store, std::strtoll(argv[4], nullptr, 10));
}
