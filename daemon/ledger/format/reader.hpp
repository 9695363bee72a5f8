// SPDX-License-Identifier: Apache-2.0
// Where a verifier reads a ledger from: a directory in the neutral form (directory.hpp) or the daemon's own database.
// The verifier reads the leaves once, in order, and the rest when it comes by.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/format/tile.hpp"

namespace postern::ledger {

/// One source, read once, on one thread. An error means that something is there and cannot be read, which a verifier
/// counts as missing; what is not there is an empty optional.
class LogReader {
 public:
  template <typename T>
  using Maybe = Result<std::optional<T>>;

  struct RawLeaf {
    std::string_view bytes;   ///< valid until the next call; of an overlong one at least kMaxLeaf + 1 bytes
    bool terminated = true;   ///< false for a last line that does not end
    std::uint64_t index = 0;  ///< of a selection's: what the leaf says; above every index if it says none
  };
  enum class Tiles {
    none,
    stored,   ///< full tiles only, as in table `tile`
    exported  ///< full and partial tiles, entry bundles and a checkpoint of their own
  };

  virtual ~LogReader() = default;

  /// Has it some leaves only, in order, with a proof for each?
  virtual bool selected() const { return false; }

  /// The next leaf; nothing after the last.
  virtual Maybe<RawLeaf> next_leaf() = 0;
  /// After the last leaf: the next one of those that were recorded since the checkpoint was read, of a ledger that goes
  /// on. Bodies may be gone that they cover. Nothing of an export.
  virtual Maybe<RawLeaf> later_leaf() { return std::nullopt; }
  /// The sealed body of the leaf just read, valid until the next call. Of a longer one, `limit` + 1 bytes are enough.
  virtual Maybe<ByteView> blob(std::size_t limit) = 0;

  /// The newest checkpoint.
  virtual Maybe<std::string> checkpoint() = 0;
  /// The sizes of the kept checkpoints, ascending, and the note of one of them with its cosignatures.
  virtual Result<std::vector<std::uint64_t>> kept() = 0;
  virtual Result<std::string> kept_note(std::uint64_t size) = 0;

  /// The genesis key as it lies beside the ledger: compared, never trusted.
  virtual Maybe<std::string> vkey() { return std::nullopt; }

  virtual Tiles tiles() { return Tiles::none; }
  virtual Maybe<Bytes> tile(TileId /*id*/, std::uint64_t /*width*/) { return std::nullopt; }
  virtual Maybe<Bytes> entries(std::uint64_t /*n*/, std::uint64_t /*width*/) { return std::nullopt; }
  virtual Maybe<std::string> tiles_checkpoint() { return std::nullopt; }

  /// The indices that have a proof, ascending, and one of them.
  virtual Result<std::vector<std::uint64_t>> proofs() { return std::vector<std::uint64_t>(); }
  virtual Result<std::string> proof(std::uint64_t /*i*/) { return failure("there are no proofs"); }

  /// Names of things that no ledger of so many leaves and a tree of that size has. Empty: do not judge by it.
  virtual std::vector<std::string> strays(std::optional<std::uint64_t> /*leaves*/,
                                          std::optional<std::uint64_t> /*tree*/) {
    return {};
  }
};

}  // namespace postern::ledger
