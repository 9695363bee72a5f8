// SPDX-License-Identifier: Apache-2.0
// An export of the record as a bag that anybody can verify without Postern (docs/audit.md).
#pragma once
#include <filesystem>

#include "bag/scope.hpp"
#include "core/settings.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

struct Order {
  Scope scope;
  /// What was said is opened, too, and with each body goes the key of its record: so who has the bag can check that it
  /// is what was sealed, and open nothing else.
  bool content = false;
  /// For a dispute about a conversation: why what was sent could be sent, and a certificate to be filled in.
  bool dispute = false;
  /// For tools that were made for other logs: the whole ledger as C2SP tlog-tiles, too.
  bool tiles = false;
  const core::Settings* settings = nullptr;  ///< that hold, for a dispute; may be null
};

struct Exported {
  std::uint64_t records = 0;  ///< in the bag
  std::uint64_t size = 0;     ///< of the ledger under the bag's newest checkpoint
};

/// Writes the records of the scope, as the ledger is now, into `folder`, which must not exist or be empty and will be
/// for its owner alone. Reads in pages and holds no transaction open, so the writer never waits. One thread at a time.
Result<Exported> export_records(ledger::View& view, const std::filesystem::path& folder, const Order& order);

}  // namespace postern::bag
