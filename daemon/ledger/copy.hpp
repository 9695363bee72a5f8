// SPDX-License-Identifier: Apache-2.0
// Copies of both databases while the daemon writes them. The ledger is copied as it is at one instant; the keys after
// it, in short queries, so that the copy has all that the ledger's needs and no key that was deleted before.
#pragma once
#include <string>

#include "ledger/view.hpp"

namespace postern::ledger {

/// Copies the ledger into a new file, a step at a time, with one read transaction open: the writer goes on, and
/// SQLite's log grows by what it writes meanwhile. The copy says that it is one, and since when (`now`): whoever starts
/// on it is told (core::Image::copied). It is on the disk when the call returns.
Result<void> copy_log(View& view, const std::string& path, Micros now);

/// Copies keys.db into a new file. Of a row that is added or deleted meanwhile the copy has it or not. An error where
/// the keys were wrapped anew meanwhile.
Result<void> copy_keys(View& view, const std::string& path);

}  // namespace postern::ledger
