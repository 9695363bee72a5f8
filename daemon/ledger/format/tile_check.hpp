// SPDX-License-Identifier: Apache-2.0
// Compares the tiles that lie beside a ledger with the ones its leaves make.
#pragma once
#include "ledger/format/reader.hpp"
#include "ledger/format/verify.hpp"

namespace postern::ledger {

/// Follows the verifier up to the size of the checkpoint, which is the tree that the tiles must be of.
class TileCheck {
 public:
  TileCheck(LogReader& reader, std::uint64_t size) : reader_(reader), kind_(reader.tiles()), size_(size) {}

  /// `leaf` was just added to `tree`, which completed the tiles `full`.
  void take(std::string_view leaf, const Tree& tree, const std::vector<FullTile>& full);
  /// Compares the checkpoint among the tiles with the ledger's.
  void take_checkpoint(std::string_view note);
  /// What was found; it counts only if all leaves that were signed are there.
  const Verdict& findings() const { return findings_; }

 private:
  void compare(const std::string& path, ByteView expected, const LogReader::Maybe<Bytes>& found);
  void compare_bundle(std::uint64_t size);

  LogReader& reader_;
  LogReader::Tiles kind_;
  std::uint64_t size_;
  std::string bundle_;
  Verdict findings_;
};

}  // namespace postern::ledger
