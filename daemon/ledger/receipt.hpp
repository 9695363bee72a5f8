// SPDX-License-Identifier: Apache-2.0
// The proof that a record is in the log, for whoever has asked for what it says.
#pragma once
#include <string>

#include "ledger/view.hpp"

namespace postern::ledger {

struct Receipt {
  std::string leaf;   ///< the record, as it was hashed
  std::string proof;  ///< tlog-proof v1, under the checkpoint that ends the record's epoch, else under the newest
};

/// An error if the log has no such record, or cannot be read.
Result<Receipt> prove_record(View& view, std::int64_t index);

}  // namespace postern::ledger
