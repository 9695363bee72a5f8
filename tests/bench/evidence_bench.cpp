// SPDX-License-Identifier: Apache-2.0
// What evidence costs: an answered message is three records, which the product's GroupCommit seals, encodes, hashes,
// inserts, reads back, hashes again and signs with their commit; beside that, the same bodies as plain rows of the same
// database, by the same connection. The difference is the price that A15 limits (tests/README.md): 15 us of CPU an
// answered message at 33 a commit, 25 us a record at 10. Each figure is the median of some rounds, in which the two
// take turns. Usage: evidence_bench [folder [messages [--check]]]; --check fails above the goal.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "../unit/ledger/traffic.hpp"
#include "base/log.hpp"
#include "ledger/commit.hpp"
#include "ledger/gathering_vfs.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

constexpr int kRounds = 7;
constexpr std::size_t kPeople = 1'000;

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "%s\n", text(error).c_str());
  std::exit(74);
}

/// A new folder without rights for others, as a ledger wants it.
std::filesystem::path made(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  return folder;
}

std::unique_ptr<Store> open_store(const std::filesystem::path& folder) {
  Options options;
  options.directory = made(folder);
  auto store = Store::open(options, SystemClock());
  if (!store) give_up(store.error().error);
  return std::move(*store);
}

/// The product's own way to a durable record. The state's rows are left out: they would be there without evidence.
class Evidence {
 public:
  explicit Evidence(const std::filesystem::path& folder)
      : store_(open_store(folder / "evidence")), group_commit_(*store_, {}) {}
  Store& store() { return *store_; }

  void commit(const Batch& batch) {
    const std::vector<Batch> group{{batch.number, batch.records, {}}};
    const auto begun = thread_seconds();
    if (const auto done = group_commit_.run(group); !done) give_up(done.error().error);
    if (const auto done = group_commit_.checkpoint(false); !done) give_up(done.error().error);
    cpu += thread_seconds() - begun;
  }

  double cpu = 0;

 private:
  std::unique_ptr<Store> store_;
  GroupCommit group_commit_;
};

class Plain {
 public:
  explicit Plain(const std::filesystem::path& folder) : database_(open(made(folder / "plain"))) {
    database_.exec("CREATE TABLE plain(i INTEGER PRIMARY KEY, body BLOB) STRICT");
    insert_ = database_.prepare("INSERT INTO plain VALUES(?,?)");
  }

  void commit(const Batch& batch) {
    const auto begun = thread_seconds();
    database_.exec("BEGIN IMMEDIATE");
    for (const auto& record : batch.records) insert_.run(record.index, record.body ? view(*record.body) : ByteView());
    database_.exec("COMMIT");
    cpu += thread_seconds() - begun;
    if (const auto error = database_.take_error()) give_up(error->error());
  }

  double cpu = 0;

 private:
  static Database open(const std::filesystem::path& folder) {
    auto database = Database::open((folder / "plain.db").string(), Access::write_log, gathering_vfs(nullptr));
    if (!database) give_up(database.error().error());
    return std::move(*database);
  }

  Database database_;
  Statement insert_;
};

struct Cost {
  double evidence = 0, plain = 0;
  double extra() const { return evidence - plain; }
};

/// One round: microseconds of CPU an answered message.
Cost round(const std::filesystem::path& folder, std::size_t batch, std::size_t messages) {
  Evidence evidence(folder);
  Plain plain(folder);
  test::Traffic traffic(evidence.store());
  const auto commit = [&](const Batch& made) { evidence.commit(made), plain.commit(made); };
  commit(traffic.start());
  for (std::size_t made = 0; made < kPeople + 2 * batch; made += batch) commit(traffic.batch(batch, kPeople));
  evidence.cpu = plain.cpu = 0;
  std::size_t made = 0;
  for (; made < messages; made += batch) commit(traffic.batch(batch, kPeople));
  const auto each = 1e6 / static_cast<double>(made);
  return {evidence.cpu * each, plain.cpu * each};
}

Cost measure(const std::filesystem::path& folder, std::size_t batch, std::size_t messages) {
  std::vector<Cost> costs;
  for (int at = 0; at < kRounds; ++at) costs.push_back(round(folder, batch, messages));
  std::sort(costs.begin(), costs.end(), [](const Cost& a, const Cost& b) { return a.extra() < b.extra(); });
  const auto& median = costs[kRounds / 2];
  std::printf(
      "%4zu answered messages a commit: %5.1f us of CPU with evidence, %5.1f as plain rows: %5.1f for it (%.1f to "
      "%.1f), "
      "%.1f a record\n",
      batch, median.evidence, median.plain, median.extra(), costs.front().extra(), costs.back().extra(),
      median.extra() / 3);
  return median;
}

}  // namespace

int main(int argc, char** argv) {
  log::set_level(log::Level::warning);
  const std::filesystem::path folder =
      (argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path()) / "evidence-bench";
  const std::size_t messages = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 20'000;
  const bool check = argc > 3 && std::string_view(argv[3]) == "--check";
  const auto few = measure(folder, 10, messages), many = measure(folder, 33, messages);
  measure(folder, 100, messages);
  std::filesystem::remove_all(folder);
  return check && (few.extra() / 3 > 25 || many.extra() > 15) ? 1 : 0;
}
