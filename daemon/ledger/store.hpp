// SPDX-License-Identifier: Apache-2.0
// The ledger's files, opened and proven, before any thread runs: a start reads what is pending and the last records,
// whatever the ledger's size. The store outlives writer, loader and readers, which take their connections from it.
#pragma once
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/image.hpp"
#include "ledger/files.hpp"
#include "ledger/image.hpp"
#include "ledger/signer.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

struct Options {
  std::filesystem::path directory;      ///< ledger.db, keys.db, sign.key, vkey, lock; mode 0700
  std::filesystem::path kek_directory;  ///< kek.<N>; empty: `directory`
  std::filesystem::path highwater;      ///< the last published checkpoint; empty: `directory`/highwater
  std::string name = "localhost";       ///< first part of a new ledger's origin: [A-Za-z0-9.-]{1,64}
  std::string origin;                   ///< a new ledger's, whole; empty: `name` and a new UUID, fork 0
  bool create_kek = true;               ///< a new ledger may make kek.1 itself
  /// The key encryption keys by their number, where the configuration names them; then no kek.<N> is read or made.
  std::map<std::int64_t, crypto::Key> keks = {};
  Micros key_age = kDay;      ///< at which the signing key gives way; for who asks
  SentWithin sent_within = {};
  const char* vfs = nullptr;  ///< SQLite's VFS; null: the default one
};

/// Why the daemon cannot start, and with which exit code of sysexits.h (unavailable 69, no input 66, permission 77,
/// configuration or a newer schema 78, I/O 74, cannot create 73).
struct Refusal {
  Error error;
  int exit_code = 1;
  /// It is whole, but something newer or other of it was published: an older copy, or one of two. It must not go on.
  bool superseded = false;
};

/// In the ledger's folder: why it must not go on, if something newer or other of it was seen. Removed by a fork.
inline constexpr const char* kAlarmFile = "alarm";

/// Subjects that are made at a time, so that a new contact costs no sync.
inline constexpr std::size_t kSpares = 256;

class Store {
 public:
  /// Opens the ledger, or begins a new one where there is none.
  static tl::expected<std::unique_ptr<Store>, Refusal> open(const Options& options, const Clock& clock);

  /// What the core starts from. Once.
  core::Image take_image() { return std::move(image_); }
  /// What platforms had issued when the last life ended, until the image is taken.
  const std::vector<core::TokenRow>& tokens() const { return image_.tokens; }
  /// Keys the digests by which repeated events are known.
  const crypto::Key& seen_key() const { return seen_key_; }
  const std::string& origin() const { return shared_.origin; }
  /// The genesis key, to be printed at a new ledger's first start and pinned by whoever verifies it.
  const VKey& genesis() const { return shared_.genesis; }
  bool is_new() const { return image_is_new_; }
  /// When the signing key came to be that was current at the start (wall time); 0: with the first record.
  Micros key_since() const { return key_since_; }
  /// The key encryption key that the last kek.rotate tells of, or the ledger was begun with.
  std::int64_t recorded_kek() const { return recorded_kek_; }
  /// Did the life before this one end cleanly? True of a new ledger.
  bool ended_well() const { return ended_well_; }

  /// A query-only view for a thread of its own.
  Result<std::unique_ptr<View>> open_view();

  // The writer's: no other thread touches these once it runs.
  Database& log() { return *log_; }
  KeyWriter& keys() { return *keys_; }
  Signer& signer() { return *signer_; }
  Tree& tree() { return tree_; }
  const std::vector<Id>& spares() const { return spares_; }
  Shared& shared() { return shared_; }
  const Options& options() const { return options_; }

 private:
  explicit Store(Options options) : options_(std::move(options)) {}
  tl::expected<void, Refusal> start(const Clock& clock);
  tl::expected<void, Refusal> take_directory();
  tl::expected<void, Refusal> open_files();
  void drop_copies();
  tl::expected<void, Refusal> begin_or_read();
  Result<void> begin();
  Result<void> read_identity();
  tl::expected<void, Refusal> prove(Micros now);
  Result<void> read_state(View& view, Micros now);
  Result<void> prepare(const Clock& clock);
  std::string path(const char* name) const { return (options_.directory / name).string(); }

  Options options_;
  std::optional<FileLock> lock_;
  Shared shared_;
  std::optional<Database> log_;
  std::optional<KeyWriter> keys_;
  std::optional<Signer> signer_;
  Tree tree_;
  crypto::Key seen_key_{};
  std::vector<Id> spares_;
  core::Image image_;
  bool image_is_new_ = false;
  Micros key_since_ = 0;
  std::int64_t recorded_kek_ = 1;
  bool ended_well_ = true;
};

}  // namespace postern::ledger
