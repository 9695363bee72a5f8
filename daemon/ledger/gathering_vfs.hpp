// SPDX-License-Identifier: Apache-2.0
// A VFS that gathers what SQLite appends to its write-ahead log and hands it to the one below in one write. SQLite
// writes each page of a commit in two calls; a group commit of some dozen messages has hundreds of them, and none
// matters before the sync, which SQLite asks for (synchronous=FULL) before any other connection may look at what was
// written.
#pragma once

namespace postern::ledger {

/// Registers the gathering VFS over the one named `below` (null: SQLite's default) unless it is there already. Gives
/// its name, which is valid for ever. Any thread.
const char* gathering_vfs(const char* below);

}  // namespace postern::ledger
