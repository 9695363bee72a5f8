// SPDX-License-Identifier: Apache-2.0
// A disk that fails when it is told to: a VFS of SQLite over the default one, which counts what changes the disk
// (writes, syncs, truncations, deletions) and lets the n-th of them fail, once or from then on.
#pragma once
#include <sqlite3.h>

namespace postern::ledger::test {

enum class Fault { none, write_error, disk_full, sync_error };

class FaultyDisk {
 public:
  static constexpr const char* kVfs = "faulty-disk";

  /// Registers the VFS; once.
  static void install();

  /// From now on the n-th change fails, of those that can fail in this way; with `sticky` all after it too.
  static void arm(Fault fault, int n, bool sticky);
  static void disarm() { arm(Fault::none, 0, false); }
  /// Has it failed since it was armed?
  static bool struck();
};

}  // namespace postern::ledger::test
