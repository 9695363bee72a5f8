// SPDX-License-Identifier: Apache-2.0
// Table `attempt`: what was sent lately and is counted for longer than a look at the log's end tells.
#pragma once
#include <vector>

#include "core/row.hpp"
#include "ledger/rows.hpp"

namespace postern::ledger {

/// Writes it. The writer's thread, inside its transaction.
class AttemptWriter {
 public:
  AttemptWriter(Database& database, Documents& documents);
  /// Also takes some rows out that no limit can ask for any more: more than one, so that the table does not grow.
  void write(const core::PastAttempt& row);
  /// Of somebody who is erased only the counts remain.
  void forget_texts(std::int64_t contact_number);

 private:
  Documents& documents_;
  Salts salts_;
  Statement insert_, trim_, forget_;
};

/// Reads what began after `since`, ascending. After use, the connection's error says whether all was read.
std::vector<core::PastAttempt> attempts_since(Database& database, Documents& documents, Micros since);

}  // namespace postern::ledger
