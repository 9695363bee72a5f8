// SPDX-License-Identifier: Apache-2.0
// How the keys stand: which signing epoch it is, and under which key encryption keys the others lie.
#pragma once
#include <cstdint>
#include <map>

#include "ledger/view.hpp"

namespace postern::ledger {

struct SigningEpoch {
  std::int64_t number = 1;  ///< the genesis key's is 1
  VKey key;                 ///< whose private half signs now
  Micros since = 0;         ///< wall time; 0: nothing was recorded yet
};
Result<SigningEpoch> signing_epoch(View& view);

/// How many keys in keys.db each key encryption key wraps or seals, by its number. Reads the whole table.
Result<std::map<std::int64_t, std::int64_t>> wrapped_by(View& view);

}  // namespace postern::ledger
