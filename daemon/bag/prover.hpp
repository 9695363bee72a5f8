// SPDX-License-Identifier: Apache-2.0
// Proofs of single records, as files: each under the checkpoint that ends its record's key epoch, or under the newest.
// One thread at a time.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "ledger/format/reader.hpp"
#include "ledger/format/tree.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

class Prover {
 public:
  /// All must outlive this. `ends` as epoch_ends() gives them; the newest checkpoint is that of `log`.
  static Result<Prover> open(ledger::View& view, ledger::LogReader& log, const std::vector<std::uint64_t>& ends);

  /// proofs/<i>.tlog-proof. `i` must be below the newest checkpoint's size.
  Result<std::string> proof(std::uint64_t i);

 private:
  struct Note {
    std::uint64_t size = 0;
    std::string text;
  };
  Prover(ledger::View& view, std::vector<Note> notes) : view_(&view), notes_(std::move(notes)) {}
  Result<Hash> node(unsigned level, std::uint64_t n);

  ledger::View* view_;
  std::vector<Note> notes_;                        ///< ascending by size, the newest last
  std::unordered_map<std::uint64_t, Hash> nodes_;  ///< those that neighbours' proofs share; emptied when there are many
};

}  // namespace postern::bag
