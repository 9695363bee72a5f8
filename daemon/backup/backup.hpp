// SPDX-License-Identifier: Apache-2.0
// A backup: the ledger as it is at one instant, the keys, the files of attachments and the genesis key, as a bag
// (RFC 8493) that is verified before it gets its name. Never the key encryption key.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "ledger/view.hpp"

namespace postern::backup {

struct Order {
  std::filesystem::path folder;  ///< that is not there yet; its parent is
  bool signing_key = false;      ///< with it the ledger can be continued, and signed by whoever has the backup
  Micros now = 0;                ///< wall time
};

struct Made {
  std::uint64_t records = 0;
  std::uint64_t files = 0;  ///< of attachments
  std::int64_t kek = 0;     ///< number of the newest key encryption key that its keys are wrapped under
};

/// Makes a backup while the daemon works: in steps, with no lock that the writer waits for longer than a millisecond.
/// An error leaves `folder` plus ".partial" behind, which is no backup. One thread at a time.
Result<Made> make(ledger::View& view, const Order& order);

}  // namespace postern::backup
