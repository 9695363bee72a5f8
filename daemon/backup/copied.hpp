// SPDX-License-Identifier: Apache-2.0
// The databases of a backup, opened without any key, and what a verifier says of them.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "ledger/format/verify.hpp"
#include "ledger/view.hpp"

namespace postern::backup {

/// A backup's databases, to be read: leaves, tables and trees; no body, for it opens none.
class Copied {
 public:
  static Result<std::unique_ptr<Copied>> open(const std::filesystem::path& folder);
  ledger::View& view() { return *view_; }
  /// The newest key encryption key that its keys are wrapped under.
  std::int64_t kek();

 private:
  ledger::Shared shared_;
  std::optional<ledger::View> view_;
};

/// Is the backup in `folder` what was written, is its ledger what was signed, and are its databases whole? The genesis
/// key is pinned by `vkey`; without it by the backup's own, which proves only that nothing in it is damaged. An error:
/// there is no backup.
Result<ledger::Verdict> verify(const std::filesystem::path& folder, const std::string& vkey);

}  // namespace postern::backup
