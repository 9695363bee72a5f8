// SPDX-License-Identifier: Apache-2.0
// Reads the log's rows over any connection: leaves, opened bodies, and the nodes of the tree. One thread at a time.
#pragma once
#include <optional>
#include <string>

#include "core/event.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/format/tile.hpp"
#include "ledger/keys_db.hpp"
#include "ledger/sqlite.hpp"

namespace postern::ledger {

class RecordReader {
 public:
  RecordReader(Database& database, KeyReader& keys, const std::string& origin);

  /// A leaf's bytes; nothing if the log has no such record.
  std::optional<std::string> leaf(std::int64_t index);
  /// The leaf's bytes in place of `bytes` (whose buffer is used again), and what they say: views into them.
  Result<Leaf> read(std::int64_t index, std::string& bytes);
  /// The opened body of a record. Null: it has none, or the body or its key was erased. An error: it is not the body
  /// that its leaf names.
  Result<core::Text> body(const Leaf& leaf);
  Result<core::Text> body(std::int64_t index);
  /// The same of a sealed body that is at hand.
  Result<core::Text> body(const Leaf& leaf, ByteView sealed);
  /// Is a sealed body stored?
  bool has_blob(std::int64_t index);
  /// The sealed body as it is stored; empty if there is none.
  Bytes blob(std::int64_t index);
  /// Calls `take(index, leaf, blob)` for records from `first` on, at most `limit`. The views live as long as the call.
  template <typename Take>
  void each(std::int64_t first, std::int64_t limit, Take&& take) {
    for (auto& at = range_.query(first, limit); at.next();) take(at.integer(0), chars(at.blob(1)), at.blob(2));
  }

  /// The hash of a complete subtree, from full tiles where there are, else from leaves (as NodeReader).
  Result<Hash> node(unsigned level, std::uint64_t n);
  /// A stored tile; empty if it is not there.
  Bytes tile(TileId id);

  Database& database() { return database_; }

 private:
  Database& database_;
  KeyReader& keys_;
  Sealer sealer_;
  Statement leaf_, has_blob_, blob_, range_, tile_;
};

}  // namespace postern::ledger
