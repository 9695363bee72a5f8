// SPDX-License-Identifier: Apache-2.0
// Which key must have signed a checkpoint of which size. Grows with the leaves, as the verifier reads them.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "ledger/format/verify.hpp"

namespace postern::ledger {

/// The signing epochs of one ledger. A key.rotate leaf at j gives sizes up to j to the key before, j + 1 to both, and
/// what is above to the new key alone.
class KeyRing {
 public:
  bool empty() const { return epochs_.empty(); }
  const VKey& genesis() const { return epochs_.front().key; }
  std::string_view origin() const { return empty() ? std::string_view() : std::string_view(genesis().name); }
  std::size_t epochs() const { return epochs_.size(); }

  void begin(VKey genesis);
  /// key.rotate is leaf `j`. A key that was used before is refused, and one that has signed sizes before its time.
  void rotate(std::uint64_t j, VKey next, Verdict& verdict);

  /// Judges the signature lines of a note, when exactly note.size leaves have been read.
  void judge(const std::string& where, const Note& note, Verdict& verdict);

  /// Does a checkpoint of this size end an epoch?
  bool ends_epoch(std::uint64_t size) const { return ends_.contains(size); }
  /// Does an epoch begin between leaf `i` and a checkpoint of `size` above it?
  bool epoch_between(std::uint64_t i, std::uint64_t size) const;
  /// The ledger has a checkpoint of this size: it need not be missed.
  void have(std::uint64_t size);
  /// Reports the epochs whose last checkpoint is not there: who has today's key could rewrite them.
  void report_missing_ends(Verdict& verdict) const;

 private:
  struct Epoch {
    VKey key;
    KeyId id{};
    std::uint64_t first_size = 0;
  };
  bool knows(const KeyId& id) const { return by_id_.contains(id); }
  void add(VKey key, std::uint64_t first_size);

  std::vector<Epoch> epochs_;
  std::map<KeyId, std::size_t> by_id_;
  std::map<KeyId, std::string> strangers_;  ///< unknown ids under our name, and where each was first seen
  std::map<std::uint64_t, bool> ends_;      ///< sizes that end an epoch, and whether the checkpoint is there
};

}  // namespace postern::ledger
