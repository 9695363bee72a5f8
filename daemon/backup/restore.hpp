// SPDX-License-Identifier: Apache-2.0
// A state folder made of a backup, offline. What a start on it does stands in daemon/core/restored.cpp.
#pragma once
#include <filesystem>
#include <string>

#include "ledger/format/verify.hpp"

namespace postern::backup {

struct Restoring {
  std::filesystem::path folder;    ///< the backup
  std::filesystem::path state;     ///< not there yet, or empty
  std::filesystem::path sign_key;  ///< the signing key, where it is not in the backup; may be empty
  std::string vkey;                ///< the genesis key as somebody kept it; may be empty
};

struct Restored {
  ledger::Verdict verdict;   ///< of the backup; where it is neither `ok` nor `erased`, nothing was done
  bool signing_key = false;  ///< is the right one there? Without it a daemon does not start.
  std::int64_t kek = 0;      ///< number of the key encryption key that a daemon needs
};

/// Verifies the backup and makes the state folder of it, whole or not at all. Never overwrites.
Result<Restored> restore(const Restoring& order);

}  // namespace postern::backup
