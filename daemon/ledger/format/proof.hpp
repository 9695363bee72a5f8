// SPDX-License-Identifier: Apache-2.0
// The proof of one record as a file: C2SP tlog-proof v1, without extra data. With the leaf, the sealed body and its
// record key it shows one message to a third party, and nothing else. Pure; any thread.
#pragma once
#include "ledger/format/checkpoint.hpp"
#include "ledger/format/tree.hpp"

namespace postern::ledger {

struct Proof {
  std::uint64_t index = 0;
  Path path;
  std::string note;  ///< the checkpoint, as it was signed: the one that ends the leaf's epoch, else the newest
};

/// Hashes as lines of base64, and an empty line after them.
void append_path(std::string& out, const Path& path);
/// Takes them and the empty line off `text`, strictly; false if they are not that, or more than 64.
bool take_path(std::string_view& text, Path& path);

std::string format_proof(const Proof& proof);
/// Strict in all but the note, which parse_note judges.
Result<Proof> parse_proof(std::string_view text);

}  // namespace postern::ledger
