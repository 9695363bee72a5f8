// SPDX-License-Identifier: Apache-2.0
// What one step of the core yields, collected over a batch: one transaction, and what to do around it.
#pragma once
#include <vector>

#include "core/action.hpp"
#include "core/record.hpp"
#include "core/row.hpp"

namespace postern::core {

struct Decision {
  std::vector<Record> records;  ///< in order of their index, without gaps
  std::vector<Row> rows;        ///< in the order decided; the last of a key holds
  std::vector<Action> once;     ///< to be carried out now
  std::vector<Action> commit;   ///< to be carried out when the batch is durable

  bool needs_commit() const { return !records.empty() || !rows.empty() || !commit.empty(); }
  void clear() {
    records.clear();
    rows.clear();
    once.clear();
    commit.clear();
  }
};

}  // namespace postern::core
