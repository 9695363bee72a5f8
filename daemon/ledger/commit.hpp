// SPDX-License-Identifier: Apache-2.0
// One transaction of the ledger: the records of some batches and the rows that they changed, with keys before it and
// signed checkpoint in it. Only the writer's thread uses it.
#pragma once
#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/record.hpp"
#include "core/row.hpp"
#include "ledger/attempt_rows.hpp"
#include "ledger/renewal.hpp"
#include "ledger/store.hpp"

namespace postern::ledger {

/// One step of the core: what must become durable together.
struct Batch {
  std::uint64_t number = 0;           ///< the owner's; Writer's `committed` brings it back
  std::vector<core::Record> records;  ///< indices without gaps; a key.rotate is the last of its batch
  std::vector<core::Row> rows;

  bool ends_epoch() const { return !records.empty() && records.back().type == "key.rotate"; }
};

/// What has become of a checkpoint outside; for tables `checkpoint` and `cosig`, which are evidence and nobody's state.
struct Published {
  std::int64_t size = 0;
  std::string witness;  ///< whose line it is; empty: `text` is the checkpoint
  std::string text;
};

struct CommitOptions {
  /// Tests: is called with the bytes of all leaves between their hashing and their insertion.
  std::function<void(std::string&)> tamper;
};

/// Why nothing was committed. The state is as before, on disk and in memory.
struct CommitError {
  Error error;
  bool disk_full = false;  ///< the same work may be begun again when there is room
};
template <typename T>
using Commit = tl::expected<T, CommitError>;

class GroupCommit {
 public:
  GroupCommit(Store& store, CommitOptions options);

  /// Commits all of the batches, of which only the last may end a key epoch. The writer adds to the leaf what it alone
  /// knows: h and n of the sealed body, the ledger's own subject for a body that is about no contact, and `vkey` of the
  /// first record and of a key.rotate.
  Commit<void> run(const std::vector<Batch>& group);

  /// Index of the newest durable record, −1 if there is none.
  std::int64_t last_index() const { return static_cast<std::int64_t>(tree_.size()) - 1; }

  /// To be kept with the next commit, or when there is time (keep_published).
  void keep(std::vector<Published>&& rows);
  Commit<void> keep_published();

  /// Puts the waiting lots into their tables: if there are enough of them, or in any case.
  Commit<void> write_lots(bool all);
  /// Makes spare subjects if too few are left; none is the usual answer.
  Commit<std::vector<Id>> make_spares();
  /// Wraps the next lot of keys anew, if there is an older key encryption key or one that no record tells of yet. The
  /// number of the newest when that is done, once; else nothing.
  Commit<std::optional<std::int64_t>> renew();
  /// Is there more for renew()?
  bool renews() const { return renewal_.has_value(); }
  /// Moves the log of SQLite into the database when it has grown, or shortens it to nothing when there is time.
  Commit<void> checkpoint(bool idle);

 private:
  /// Where in the buffers a record's leaf and blob stand.
  struct Sealed {
    std::size_t leaf = 0, leaf_end = 0, blob = 0, blob_end = 0;
    Hash hash{};
  };

  Commit<void> forget_keys(const std::vector<Batch>& group);
  Commit<void> ensure_keys(const std::vector<Batch>& group);
  Commit<void> encode(const std::vector<Batch>& group);
  Commit<void> encode(const core::Record& record);
  Result<void> add_vkey(const core::Record& record, std::vector<LeafExtra>& extra);
  void insert(std::int64_t first);
  void insert_published();
  void insert_rows(const std::vector<Batch>& group, std::int64_t first);
  Commit<Tree> grow(std::int64_t first);
  void sign(const Tree& tree, bool ends_epoch);
  Commit<void> advance(bool ends_epoch);
  void remember(const std::vector<Batch>& group);

  Store& store_;
  const CommitOptions options_;
  Tree& tree_;
  Documents documents_;
  RowWriter rows_;
  AttemptWriter attempts_;
  LotWriter lots_;
  Sealer sealer_;
  Salts salts_;
  std::optional<Renewal> renewal_;
  std::unordered_set<Id> spares_;  // made and not yet used
  Statement insert_event_, insert_tile_, set_head_, keep_, keep_line_, set_rotated_, count_epoch_, set_kek_, reread_;

  // Of the transaction in the making; kept for their buffers.
  std::vector<Sealed> sealed_;
  std::string leaves_, vkey_, note_;
  Bytes blobs_;
  std::vector<const core::Row*> changed_;
  std::vector<KeyWriter::Need> needs_;
  std::vector<const core::TokenRow*> tokens_;
  std::vector<LeafExtra> extra_;
  std::vector<Published> published_;
  Micros time_ = 0;
  std::optional<std::int64_t> kek_told_;  // by a kek.rotate in it
  bool bodies_in_log_ = false;  // of erased bodies there may be copies in SQLite's log
  int log_pages_ = 0;           // frames in SQLite's log after the last commit
};

}  // namespace postern::ledger
