// SPDX-License-Identifier: Apache-2.0
// What became of the sealed bodies: intact, bad, shredded with authority, or missing. A body may be absent only if a
// later leaf covers it, so absent ones wait for the end of the ledger.
#pragma once
#include <map>
#include <unordered_map>
#include <vector>

#include "ledger/format/leaf.hpp"
#include "ledger/format/verify.hpp"

namespace postern::ledger {

class Bodies {
 public:
  explicit Bodies(Verdict& verdict) : verdict_(verdict) {}

  /// The body of a leaf that names one, as it is stored; nothing if it is not there.
  void take(const Leaf& leaf, std::optional<ByteView> blob);
  /// Remembers a leaf that says bodies were destroyed: subject.erased or retention.purged.
  void cover(const Leaf& leaf);
  /// Decides about the absent ones, after the last leaf.
  void finish();

 private:
  struct Absent {
    std::uint64_t i = 0;
    Id subject;
    std::uint32_t retention = 0;  ///< index of the class in classes_
  };
  struct Purge {
    std::uint64_t from = 0, to = 0, by = 0;
  };
  std::uint32_t class_number(std::string_view name);
  std::optional<std::uint64_t> covered_by(const Absent& absent) const;

  Verdict& verdict_;
  std::vector<Absent> absent_;
  std::unordered_map<Id, std::uint64_t> erased_;  ///< subject, and the last leaf that erased it
  std::map<std::string, std::uint32_t, std::less<>> classes_;
  std::vector<std::vector<Purge>> purges_;  ///< by class
};

}  // namespace postern::ledger
