// SPDX-License-Identifier: Apache-2.0
// Checkpoints: C2SP signed notes of exactly three body lines (origin, size, root) and at most 16 signature lines. What
// is read is refused unless it is byte for byte what could have been written.
// Pure; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"
#include "ledger/format/vkey.hpp"

namespace postern::ledger {

inline constexpr std::size_t kMaxSignatures = 16;

/// One signature line of a note.
struct Signature {
  std::string name;
  KeyId key_id{};
  Bytes signature;  ///< what follows the key id; whatever the scheme says, one byte at least
};

/// A note that has been read. Nothing is verified yet.
struct Note {
  std::string origin;
  std::uint64_t size = 0;  ///< 1 … 2^53-1
  Hash root{};
  std::string body;  ///< the three lines, each with its LF: what is signed
  std::vector<Signature> signatures;
};

/// The three lines that are signed.
std::string checkpoint_body(std::string_view origin, std::uint64_t size, const Hash& root);
/// A signature line with its LF, by a log's key: its name is the first line of `body`.
std::string signature_line(const crypto::SigningKey& key, std::string_view body);
/// A line as it stands in a note, with its LF.
std::string line_of(const Signature& signature);
/// Body, blank line and one signature line per key (two where an epoch ends: the old key's, then the new one's).
std::string make_checkpoint(std::string_view body, std::initializer_list<const crypto::SigningKey*> keys);

/// Strict. A note without any signature line is well formed. Names of signers are printable ASCII.
Result<Note> parse_note(std::string_view text);

/// Does this line hold a valid Ed25519 signature of the note by the key? Name and key id are the caller's business.
bool verify_signature(const VKey& key, const Note& note, const Signature& line);

/// A witness's line (C2SP tlog-cosignature, Ed25519): it saw this checkpoint at `time`, seconds since 1970.
std::string cosignature_line(std::string_view witness, const crypto::SigningKey& key, std::uint64_t time,
                             std::string_view body);
/// The time of the witness's line in the note; nothing if it has none, an error if one does not verify.
Result<std::optional<std::uint64_t>> verify_cosignature(const VKey& witness, const Note& note);

}  // namespace postern::ledger
