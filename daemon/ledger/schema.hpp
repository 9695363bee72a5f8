// SPDX-License-Identifier: Apache-2.0
// The tables of both files, as ordered migrations (schema/*.sql). PRAGMA user_version counts those that were applied.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "ledger/sqlite.hpp"

namespace postern::ledger {

extern const std::vector<std::string_view> kLedgerSchema;
extern const std::vector<std::string_view> kKeysSchema;

inline constexpr std::string_view kCopySuffix = ".bak";

/// Brings an open file to the newest version, each step in a transaction of its own. A file that already holds an older
/// version is first copied to `<path>.v<version>.bak`, for as long as the migrated one is not proven. One of a newer
/// version is refused.
Result<void> migrate(Database& database, const std::string& path, const std::vector<std::string_view>& schema);

/// From now on the connection refuses to compile a statement that deletes or changes what is only ever appended: the
/// same promise as the triggers', kept one step earlier.
void guard(Database& database);

}  // namespace postern::ledger
