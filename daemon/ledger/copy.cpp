// SPDX-License-Identifier: Apache-2.0
#include "ledger/copy.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "ledger/files.hpp"

namespace postern::ledger {
namespace {

constexpr int kPages = 256;            ///< of the ledger in a step: 1 MiB
constexpr std::int64_t kRows = 1'024;  ///< of keys.db in a query: it holds the writer up for a millisecond

Result<Database> new_file(const std::string& path) {
  if (auto made = create_private(path); !made) return tl::unexpected(made.error());
  auto made = Database::open(path, Access::write_copy);
  if (!made) return tl::unexpected(made.error().error());
  return std::move(*made);
}

Result<void> ended(Database& database) {
  if (auto error = database.take_error()) return tl::unexpected(error->error());
  return {};
}

/// What was written goes to the disk as it comes, so that a commit elsewhere on the disk never waits for all of it.
class Pace {
 public:
  explicit Pace(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Pace() {
    if (fd_ >= 0) ::close(fd_);
  }
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  void step() const { ::sync_file_range(fd_, 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE); }

 private:
  const int fd_;
};

/// A read transaction of one instant. (The first statement fixes it, not BEGIN.)
class Instant {
 public:
  explicit Instant(Database& database) : database_(database) { database_.exec("BEGIN; SELECT size FROM head"); }
  ~Instant() { sqlite3_exec(database_.handle(), "COMMIT", nullptr, nullptr, nullptr); }
  Instant(const Instant&) = delete;
  Instant& operator=(const Instant&) = delete;

 private:
  Database& database_;
};

Result<void> copy_pages(Database& from, Database& to, const std::string& path) {
  const Pace pace(path);
  auto* const copying = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  if (copying == nullptr) return failure(std::string("cannot begin a copy: ") + sqlite3_errmsg(to.handle()));
  int code = SQLITE_OK;
  while ((code = sqlite3_backup_step(copying, kPages)) == SQLITE_OK) pace.step();
  sqlite3_backup_finish(copying);
  if (code != SQLITE_DONE) return failure("cannot copy to " + path + ": " + sqlite3_errstr(code), "make room there");
  return {};
}

/// The columns of a table's key, with a comma between; each followed by `after`.
std::string key_columns(Database& from, std::string_view table, std::string_view after = {}) {
  std::string names;
  auto columns = from.prepare("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk");
  for (columns.query(table); columns.next();) {
    if (!names.empty()) names += ',';
    names.append(columns.text(0)).append(after);
  }
  return names;
}

/// `?` as often as names stand in a list.
std::string places(std::int64_t count) {
  std::string out = "?";
  for (; count > 1; --count) out += ",?";
  return out;
}

/// Each query begins behind the last row that the copy has.
void copy_rows(Database& from, Database& to, const std::string& table, const Pace& pace) {
  const auto key = key_columns(from, table);
  const auto count = from.integer("SELECT count(*) FROM pragma_table_info('" + table + "')");
  const auto parts = static_cast<std::int64_t>(std::count(key.begin(), key.end(), ',')) + 1;
  const std::string rest = " ORDER BY " + key + " LIMIT " + std::to_string(kRows);
  auto first = from.prepare("SELECT * FROM " + table + rest);
  auto next = from.prepare("SELECT * FROM " + table + " WHERE (" + key + ") > (" + places(parts) + ")" + rest);
  auto last =
      to.prepare("SELECT " + key + " FROM " + table + " ORDER BY " + key_columns(from, table, " DESC") + " LIMIT 1");
  auto insert = to.prepare("INSERT INTO " + table + " VALUES(" + places(count.value_or(1)) + ")");
  for (auto taken = kRows; taken == kRows && from.ok() && to.ok(); pace.step()) {
    auto& page = last.query().next() ? next.query_with(last) : first.query();
    last.reset();
    to.exec("BEGIN");
    for (taken = 0; page.next(); ++taken) insert.run_with(page);
    to.exec("COMMIT");
  }
}

}  // namespace

Result<void> copy_log(View& view, const std::string& path, Micros now) {
  auto to = new_file(path);
  if (!to) return tl::unexpected(to.error());
  {
    const Instant instant(view.log());
    if (auto done = view.take_error(); !done) return done;
    if (auto done = copy_pages(view.log(), *to, path); !done) return done;
  }
  // No log of its own beside it: a copy is one file.
  to->exec("PRAGMA journal_mode=DELETE");
  to->prepare("INSERT OR REPLACE INTO meta VALUES('copied',?)").run(now);
  if (auto done = ended(*to); !done) return done;
  return sync(path);
}

Result<void> copy_keys(View& view, const std::string& path) {
  auto to = new_file(path);
  if (!to) return tl::unexpected(to.error());
  Database& from = view.keys().database();
  const Pace pace(path);
  constexpr const char* kWrapping = "SELECT kek FROM secret WHERE name='seen'";
  const auto wrapping = from.integer(kWrapping);
  std::vector<std::string> tables;
  auto schema = from.prepare("SELECT name, sql FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite_%'");
  for (schema.query(); schema.next();) {
    tables.emplace_back(schema.text(0));
    to->exec(std::string(schema.text(1)));
  }
  to->exec("PRAGMA user_version=" + std::to_string(from.integer("PRAGMA user_version").value_or(0)));
  for (const auto& table : tables) copy_rows(from, *to, table, pace);
  if (auto done = view.take_error(); !done) return done;
  if (auto done = ended(*to); !done) return done;
  if (from.integer(kWrapping) != wrapping)
    return failure("the keys were wrapped under another key encryption key meanwhile", "begin the backup again");
  return sync(path);
}

}  // namespace postern::ledger
