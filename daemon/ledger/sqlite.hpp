// SPDX-License-Identifier: Apache-2.0
// SQLite behind three small types. A connection's first error sticks: every later statement on it does nothing and
// says false, and commit() hands the error out. So a transaction reads as a plain list of statements, and none of its
// errors can be overlooked. A connection and its statements belong to one thread at a time.
#pragma once
#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace postern::ledger {

/// What SQLite said, with the numbers that decide whether to wait, to retry or to stop.
struct SqlError {
  int code = SQLITE_ERROR;  ///< extended result code
  int system = 0;           ///< errno of the failed call; 0 if there was none
  std::string what;

  /// No room: the same work may be begun again when there is some. A failed fsync is never that.
  bool disk_full() const;
  Error error() const;
};

template <typename T>
using Sql = tl::expected<T, SqlError>;

enum class Access {
  write_log,   ///< ledger.db: WAL, synchronous FULL; the one connection that writes and checkpoints
  write_keys,  ///< keys.db: rollback journal, synchronous EXTRA, deleted bytes overwritten
  read,        ///< query-only, never checkpoints
  write_copy,  ///< a copy in the making, which nobody else has yet: whoever makes it syncs it at the end
};

class Statement;

class Database {
 public:
  /// Opens `path`, which must exist unless `access` writes. `vfs` names a registered VFS (fault injection); null: the
  /// default one. The pragmas of the ledger's specification are set: no mmap, no trusted schema, checked cells.
  static Sql<Database> open(const std::string& path, Access access, const char* vfs = nullptr);
  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  /// One statement without a result, or several separated by semicolons.
  bool exec(const std::string& sql);
  /// A statement that is used again and again. One that does not compile is the connection's error.
  Statement prepare(std::string_view sql);
  /// The single integer of a query; nothing if there is no row.
  std::optional<std::int64_t> integer(std::string_view sql);

  bool ok() const { return !state_->error; }
  const SqlError& error() const { return *state_->error; }
  /// The error, if there is one, which is then forgotten: the connection works again.
  std::optional<SqlError> take_error() { return std::exchange(state_->error, std::nullopt); }

  sqlite3* handle() const { return state_->handle.get(); }
  bool in_transaction() const { return sqlite3_get_autocommit(handle()) == 0; }

 private:
  friend class Statement;
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  struct State {
    std::unique_ptr<sqlite3, Close> handle;
    std::optional<SqlError> error;

    bool fail(int code);
  };
  Database() = default;

  std::unique_ptr<State> state_ = std::make_unique<State>();  // statements point to it, so it does not move
};

/// A prepared statement. Values are bound by position; texts and blobs must live until the call returns, and what a
/// row shows lives until the next call on the statement.
class Statement {
 public:
  Statement() = default;

  /// Runs a statement without a result to its end. False: it failed, or an earlier one on the connection had.
  template <typename... Values>
  bool run(const Values&... values) {
    if (!bind_all(values...)) return false;
    const bool done = step() || database_->error == std::nullopt;
    sqlite3_reset(handle_.get());
    return done;
  }

  /// The same with the columns of another statement's row as values.
  bool run_with(const Statement& row) {
    if (!bind_row(row)) return false;
    const bool done = step() || database_->error == std::nullopt;
    sqlite3_reset(handle_.get());
    return done;
  }

  /// Begins a query; next() goes to its first row.
  template <typename... Values>
  Statement& query(const Values&... values) {
    bind_all(values...);
    return *this;
  }
  /// The same with the columns of another statement's row as values.
  Statement& query_with(const Statement& row) {
    bind_row(row);
    return *this;
  }
  /// The next row. False at the end, where the statement is reset, and after an error.
  bool next() {
    if (step()) return true;
    if (handle_) sqlite3_reset(handle_.get());
    return false;
  }
  /// Ends a query before its last row, so that no read transaction stays open.
  void reset() { sqlite3_reset(handle_.get()); }

  std::int64_t integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
  std::string_view text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }
  ByteView blob(int column) const {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_.get(), column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  }
  /// A pseudonym; none for NULL or another length.
  Id id(int column) const;
  bool is_null(int column) const { return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL; }

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }
  };

  template <typename... Values>
  bool bind_all(const Values&... values) {
    if (database_ == nullptr || database_->error) return false;
    sqlite3_reset(handle_.get());
    int position = 0;
    int code = SQLITE_OK;
    ((code = code == SQLITE_OK ? bind(++position, values) : code), ...);
    return code == SQLITE_OK || database_->fail(code);
  }
  template <typename Value>
  int bind(int at, const Value& value) {
    auto* const handle = handle_.get();
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      return sqlite3_bind_null(handle, at);
    } else if constexpr (std::is_integral_v<Value>) {
      return sqlite3_bind_int64(handle, at, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_same_v<Value, Id>) {
      return value ? bind_blob(at, value.bytes) : sqlite3_bind_null(handle, at);
    } else if constexpr (std::is_convertible_v<const Value&, std::string_view>) {
      const std::string_view text = value;
      return sqlite3_bind_text(handle, at, text.data() != nullptr ? text.data() : "", static_cast<int>(text.size()),
                               SQLITE_STATIC);
    } else {
      return bind_blob(at, value);
    }
  }
  /// A view without data is NULL: that is how an absent blob is written.
  int bind_blob(int at, ByteView bytes) {
    return sqlite3_bind_blob(handle_.get(), at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
  }
  bool step();
  bool bind_row(const Statement& row);

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  Database::State* database_ = nullptr;
};

/// Begins at once (IMMEDIATE: the lock is taken now or never) and rolls back unless it was committed.
class Transaction {
 public:
  explicit Transaction(Database& database) : database_(database) { database_.exec("BEGIN IMMEDIATE"); }
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  /// The first error of any statement since the beginning, in which case nothing was changed; or success: it is
  /// durable.
  Sql<void> commit();

 private:
  Database& database_;
};

}  // namespace postern::ledger
