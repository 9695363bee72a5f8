// SPDX-License-Identifier: Apache-2.0
#include "ledger/sqlite.hpp"

#include <cerrno>

namespace postern::ledger {
namespace {

constexpr int kBusyMs = 5'000;

/// What every connection has: nothing in the file is trusted to be well formed, no page is mapped.
constexpr const char* kCommon =
    "PRAGMA mmap_size=0; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY;"
    "PRAGMA secure_delete=ON; PRAGMA recursive_triggers=ON;";  // so that REPLACE too asks the triggers
/// About 40 MB of log between two checkpoints: p99.9 of a commit was 5.2 ms at SQLite's default of 1,000 pages.
constexpr const char* kWriteLog =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=10000;"
    "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-8192;";
constexpr const char* kWriteKeys = "PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA;";
/// (Off is what a defensive connection does not take.)
constexpr const char* kWriteCopy = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;";
constexpr const char* kRead = "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-2048;";

/// Before SQLite is used at all: nobody asks how much memory it takes, and counting costs each allocation a lock.
void configure_once() {
  [[maybe_unused]] static const int done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

const char* pragmas(Access access) {
  switch (access) {
    case Access::write_log:
      return kWriteLog;
    case Access::write_keys:
      return kWriteKeys;
    case Access::write_copy:
      return kWriteCopy;
    case Access::read:
      break;
  }
  return kRead;
}

}  // namespace

bool SqlError::disk_full() const {
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) return false;
  return (code & 0xff) == SQLITE_FULL || system == ENOSPC || system == EDQUOT;
}

Error SqlError::error() const {
  return {"SQLite: " + what + " (code " + std::to_string(code) + ")",
          disk_full() ? "make room on the file system of the state directory" : ""};
}

bool Database::State::fail(int code) {
  if (!error) {
    const bool io = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    error = SqlError{code, io ? sqlite3_system_errno(handle.get()) : 0, sqlite3_errmsg(handle.get())};
  }
  return false;
}

Sql<Database> Database::open(const std::string& path, Access access, const char* vfs) {
  configure_once();
  Database database;
  sqlite3* handle = nullptr;
  // A reader opens for writing too: it has to write to the shared index of the log, and to that alone.
  const int flags = SQLITE_OPEN_READWRITE | (access == Access::read ? 0 : SQLITE_OPEN_CREATE) | SQLITE_OPEN_NOMUTEX |
                    SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, vfs);
  database.state_->handle.reset(handle);
  if (code != SQLITE_OK) {
    const int system = handle != nullptr ? sqlite3_system_errno(handle) : 0;
    return tl::unexpected(SqlError{code, system, "cannot open " + path + ": " + sqlite3_errstr(code)});
  }
  sqlite3_busy_timeout(handle, kBusyMs);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  if (access == Access::read) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  database.exec(kCommon);
  database.exec(pragmas(access));
  if (auto error = database.take_error()) {
    error->what = path + ": " + error->what;
    return tl::unexpected(std::move(*error));
  }
  return database;
}

bool Database::exec(const std::string& sql) {
  if (!ok()) return false;
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK || state_->fail(code);
}

Statement Database::prepare(std::string_view sql) {
  Statement statement;
  statement.database_ = state_.get();
  if (!ok()) return statement;
  sqlite3_stmt* prepared = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &prepared, nullptr);
  statement.handle_.reset(prepared);
  if (code != SQLITE_OK) state_->fail(code);
  return statement;
}

std::optional<std::int64_t> Database::integer(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement.query().next()) return std::nullopt;
  return statement.integer(0);
}

bool Statement::step() {
  if (database_ == nullptr || database_->error) return false;
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_->fail(code);
  return false;
}

bool Statement::bind_row(const Statement& row) {
  if (database_ == nullptr || database_->error) return false;
  sqlite3_reset(handle_.get());
  int code = SQLITE_OK;
  for (int at = 0; code == SQLITE_OK && at < sqlite3_column_count(row.handle_.get()); ++at)
    code = sqlite3_bind_value(handle_.get(), at + 1, sqlite3_column_value(row.handle_.get(), at));
  return code == SQLITE_OK || database_->fail(code);
}

Id Statement::id(int column) const {
  Id id;
  const auto bytes = blob(column);
  if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

Transaction::~Transaction() {
  if (!database_.in_transaction()) return;
  // The error that brought us here, if any, is still the caller's to read.
  sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Sql<void> Transaction::commit() {
  database_.exec("COMMIT");
  if (auto error = database_.take_error()) {
    if (database_.in_transaction()) sqlite3_exec(database_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    return tl::unexpected(std::move(*error));
  }
  return {};
}

}  // namespace postern::ledger
