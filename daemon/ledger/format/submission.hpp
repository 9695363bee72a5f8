// SPDX-License-Identifier: Apache-2.0
// What a log sends to a witness (C2SP tlog-witness): a line with a word and a number, hashes, an empty line, and what
// it is about. "old" goes with a checkpoint and the size that the witness has seen; "rotate", which is ours, with a
// key.rotate leaf and its index, so that a witness learns the next key from the log itself. Pure; any thread.
#pragma once
#include <string>
#include <string_view>

#include "ledger/format/proof.hpp"

namespace postern::ledger {

inline constexpr std::string_view kOldWord = "old", kRotateWord = "rotate";

struct Submission {
  std::uint64_t number = 0;
  Path path;
  std::string rest;  ///< the note, or the leaf and its line feed
};

std::string format_submission(std::string_view word, const Submission& submission);
/// Strict in all but the rest.
Result<Submission> parse_submission(std::string_view word, std::string_view text);

/// Under which name a witness shows its newest checkpoint of a log: SHA-256 of the origin, hex.
std::string log_name(std::string_view origin);

}  // namespace postern::ledger
