// SPDX-License-Identifier: Apache-2.0
// What evidence costs: an answered message is three records, sealed, encoded, hashed, inserted, read back, hashed again
// and signed with their commit; beside that, the same bodies as plain rows. The difference is the price of the goal
// A15: 15 us of CPU an answered message at 33 a commit, 25 us a record at 10. Usage: evidence_bench [folder [messages
// [--check]]]; --check fails above the goal.
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "base/crypto.hpp"
#include "ledger/format/checkpoint.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/format/tile.hpp"
#include "ledger/salts.hpp"
#include "ledger/sqlite.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

constexpr std::string_view kOrigin = "bench.example/postern/00000000-0000-4000-8000-000000000001/0";

double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

Database open(const std::filesystem::path& folder, const char* name) {
  std::filesystem::remove_all(folder / name);
  std::filesystem::create_directories(folder / name);
  auto made = Database::open((folder / name / "ledger.db").string(), Access::write_log);
  if (!made) std::fprintf(stderr, "%s\n", made.error().what.c_str()), std::exit(74);
  made->exec(
      "CREATE TABLE event(i INTEGER PRIMARY KEY, leaf BLOB NOT NULL, blob BLOB) STRICT;"
      "CREATE TABLE tile(id INTEGER PRIMARY KEY, h BLOB NOT NULL) STRICT;"
      "CREATE TABLE head(one INTEGER PRIMARY KEY, size INTEGER, edge BLOB, note BLOB) STRICT;"
      "CREATE TABLE plain(i INTEGER PRIMARY KEY, body BLOB) STRICT");
  return std::move(*made);
}

/// The bodies of a message's three records, of the sizes that they have.
const std::string& body_of(std::uint64_t i) {
  static const std::string bodies[] = {std::string(470, 'i'), std::string(280, 'o'), std::string(40, 's')};
  return bodies[i % 3];
}

/// As GroupCommit does it.
class Evidence {
 public:
  explicit Evidence(Database database)
      : database_(std::move(database)),
        insert_(database_.prepare("INSERT INTO event VALUES(?,?,?)")),
        tile_(database_.prepare("INSERT INTO tile VALUES(?,?)")),
        head_(database_.prepare("INSERT OR REPLACE INTO head VALUES(1,?,?,?)")),
        reread_(database_.prepare("SELECT leaf FROM event WHERE i>=? ORDER BY i")) {}

  void commit(std::size_t records) {
    database_.exec("BEGIN IMMEDIATE");
    const auto first = tree_.size();
    auto edge = tree_.edge();
    std::vector<FullTile> full;
    for (std::size_t at = 0; at < records; ++at) tree_.append(record(first + at), full);
    for (const auto& tile : full) tile_.run(tile.id.row(), tile.hashes);
    for (reread_.query(static_cast<std::int64_t>(first)); reread_.next();)
      edge.append(leaf_hash(chars(reread_.blob(0))));
    if (edge.root() != tree_.root()) std::abort();
    const auto note = make_checkpoint(checkpoint_body(kOrigin, tree_.size(), tree_.root()), {&key_});
    head_.run(tree_.size(), edge.serialise(), view(note));
    if (!database_.exec("COMMIT")) std::abort();
  }

 private:
  Hash record(std::uint64_t i) {
    leaf_.clear();
    blob_.clear();
    LeafFields fields;
    fields.i = i;
    fields.t = 1'767'225'600'000'000 + static_cast<std::int64_t>(i), fields.m = static_cast<std::int64_t>(i);
    fields.b = "0f3c9a71", fields.k = i % 3 == 1 ? "msg.out.intent" : i % 3 == 0 ? "msg.in" : "msg.out.sent";
    fields.a = "plugin:messenger@1.0.0", fields.w = "acme-messenger", fields.p = "messenger", fields.f = "dm";
    fields.s = fields.c = fields.x = subject_;
    if (i % 3 == 1) fields.d = "allow/msgr.window:59058ea978258e2f";
    const auto body = sealer_.seal(dek_, salts_.next(), i, body_of(i), blob_);
    fields.h = body.h, fields.n = body.n;
    append_leaf(leaf_, fields);
    if (!check_leaf(leaf_, i)) std::abort();
    insert_.run(static_cast<std::int64_t>(i), view(leaf_), ByteView(blob_));
    return leaf_hash(leaf_);
  }

  Database database_;
  Statement insert_, tile_, head_, reread_;
  Tree tree_;
  Sealer sealer_{std::string(kOrigin)};
  Salts salts_;
  const crypto::SigningKey key_{crypto::random_key()};
  const crypto::Key dek_ = crypto::random_key();
  const Id subject_ = crypto::random_id();
  std::string leaf_;
  Bytes blob_;
};

class Plain {
 public:
  explicit Plain(Database database)
      : database_(std::move(database)), insert_(database_.prepare("INSERT INTO plain VALUES(?,?)")) {}

  void commit(std::size_t records) {
    database_.exec("BEGIN IMMEDIATE");
    for (std::size_t at = 0; at < records; ++at, ++next_)
      insert_.run(next_, view(body_of(static_cast<std::uint64_t>(next_))));
    if (!database_.exec("COMMIT")) std::abort();
  }

 private:
  Database database_;
  Statement insert_;
  std::int64_t next_ = 0;
};

/// Microseconds of CPU an answered message.
template <typename Log>
double measure(Log log, std::size_t batch, std::size_t messages) {
  for (std::size_t made = 0; made < messages / 10; made += batch) log.commit(3 * batch);
  const auto begun = thread_seconds();
  std::size_t made = 0;
  for (; made < messages; made += batch) log.commit(3 * batch);
  return (thread_seconds() - begun) * 1e6 / static_cast<double>(made);
}

}  // namespace

int main(int argc, char** argv) {
  const std::filesystem::path folder =
      (argc > 1 ? std::filesystem::path(argv[1]) : std::filesystem::temp_directory_path()) / "evidence-bench";
  const std::size_t messages = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 30'000;
  const bool check = argc > 3 && std::string_view(argv[3]) == "--check";
  bool missed = false;
  for (const std::size_t batch : {10, 33, 100}) {
    const auto with = measure(Evidence(open(folder, "evidence")), batch, messages);
    const auto without = measure(Plain(open(folder, "plain")), batch, messages);
    std::printf(
        "%4zu answered messages a commit: %5.1f us of CPU with evidence, %5.1f as plain rows: %5.1f for it, %4.1f a "
        "record\n",
        batch, with, without, with - without, (with - without) / 3);
    missed |= batch == 33 && with - without > 15;
    missed |= batch == 10 && (with - without) / 3 > 25;
  }
  std::filesystem::remove_all(folder);
  return check && missed ? 1 : 0;
}
