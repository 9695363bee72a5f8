// SPDX-License-Identifier: Apache-2.0
#include "ledger/schema.hpp"

#include <sys/stat.h>

#include <array>
#include <cstdio>

namespace postern::ledger {
namespace {

constexpr std::array<std::string_view, 3> kAppendOnly = {"event", "tile", "checkpoint"};

int authorize(void*, int action, const char* table, const char* column, const char*, const char*) {
  if (action == SQLITE_ATTACH || action == SQLITE_DETACH) return SQLITE_DENY;
  if (action != SQLITE_DELETE && action != SQLITE_UPDATE && action != SQLITE_DROP_TABLE &&
      action != SQLITE_DROP_TRIGGER)
    return SQLITE_OK;
  if (action == SQLITE_DROP_TRIGGER) return SQLITE_DENY;
  for (const auto name : kAppendOnly) {
    if (name != table) continue;
    const bool erases_body = action == SQLITE_UPDATE && name == "event" && std::string_view("blob") == column;
    return erases_body ? SQLITE_OK : SQLITE_DENY;
  }
  return SQLITE_OK;
}

Result<void> back_up(Database& database, const std::string& path, std::int64_t version) {
  const auto copy = path + ".v" + std::to_string(version) + std::string(kCopySuffix);
  std::remove(copy.c_str());  // of an attempt that did not end
  const auto mask = umask(0077);
  auto statement = database.prepare("VACUUM INTO ?");
  const bool done = statement.run(copy);
  umask(mask);
  if (!done) return failure("cannot copy " + path + " before migrating it: " + database.take_error()->what);
  return {};
}

}  // namespace

Result<void> migrate(Database& database, const std::string& path, const std::vector<std::string_view>& schema) {
  const auto found = database.integer("PRAGMA user_version");
  if (!found) return failure("cannot read " + path + ": " + database.take_error()->what);
  const auto newest = static_cast<std::int64_t>(schema.size());
  if (*found > newest)
    return failure(
        path + " has schema version " + std::to_string(*found) + ", this program knows up to " + std::to_string(newest),
        "start the newer version of Postern that wrote it");
  if (*found > 0 && *found < newest) {
    if (auto copied = back_up(database, path, *found); !copied) return copied;
  }
  for (auto version = *found; version < newest; ++version) {
    Transaction step(database);
    database.exec(std::string(schema[static_cast<std::size_t>(version)]));
    database.exec("PRAGMA user_version=" + std::to_string(version + 1));
    if (auto done = step.commit(); !done)
      return failure("cannot bring " + path + " to schema version " + std::to_string(version + 1) + ": " +
                     done.error().what);
  }
  return {};
}

void guard(Database& database) {
  sqlite3_set_authorizer(database.handle(), authorize, nullptr);
}

}  // namespace postern::ledger
