// SPDX-License-Identifier: Apache-2.0
// A ledger that cannot go on (an older copy of it was restored, its signing key is lost) is closed for good and kept,
// and a new one begins that names what is known of it. The daemon must not run.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ledger/format/checkpoint.hpp"
#include "ledger/store.hpp"

namespace postern::ledger {

struct Forked {
  std::string old_origin;
  std::uint64_t old_size = 0;  ///< of the newest checkpoint that is known of it
  VKey genesis;                ///< the new ledger's
  std::filesystem::path kept;  ///< the old ledger.db
};

/// `seen`: the newest checkpoint that is known of it outside, if any; else that of the high-water mark or of the ledger
/// itself is named. Repeated after an interruption it goes on where it was. `reason` is sealed into the first record.
/// Contacts are new ones to the new ledger; what was sealed for the old ones stays readable, as their keys go on.
Result<Forked> fork_ledger(const Options& options, const std::optional<Note>& seen, const std::string& reason,
                           const Clock& clock);

/// A ledger that is not in use, to be read.
class Closed {
 public:
  /// `fork`: its number, for one that was kept; absent: the current one.
  static Result<std::unique_ptr<Closed>> open(const Options& options, std::optional<std::uint64_t> fork);
  View& view() { return *view_; }

 private:
  Shared shared_;
  std::optional<FileLock> lock_;
  std::unique_ptr<View> view_;
};

}  // namespace postern::ledger
