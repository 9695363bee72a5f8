// SPDX-License-Identifier: Apache-2.0
// The sealed body of a record: encrypted under a key of its own, which comes of the subject's key of the month (DEK)
// and a fresh salt, and which the blob commits to. docs/ledger-format.md has the bytes.
#pragma once
#include <cstdint>
#include <string_view>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace postern::ledger {

inline constexpr std::size_t kBlobOverhead = 92;  ///< a blob has n + 92 bytes, where n is the ciphertext's length
inline constexpr std::string_view kKeysOrigin =
    "postern/keys";  ///< the origin of sealed strings of keys.db; their i is 0

/// What the leaf says of a blob.
struct SealedBody {
  Hash h{};             ///< SHA-256(0x02 ‖ blob)
  std::uint64_t n = 0;  ///< bytes of ciphertext, a multiple of 64
};

/// A file that was sealed: what stands before its ciphertext, and what its descriptor says of the whole.
struct SealedFile {
  Bytes head;  ///< 76 bytes
  SealedBody body;
};

/// Seals an attachment's file as the body of record `i` is, with a salt of its own; `salt` must be fresh. It may be
/// large, so it is not copied: `content` becomes the ciphertext and its tag. head ‖ content is the blob.
SealedFile seal_file(std::string_view origin, const crypto::Key& dek, const crypto::Key& salt, std::uint64_t i,
                     std::string& content);

/// h of a blob as it is stored.
Hash blob_hash(ByteView blob);

/// The key of one record, which can be disclosed alone: HKDF of the DEK with the blob's salt, bound to origin and i.
crypto::Key record_key(const crypto::Key& dek, ByteView salt, std::string_view origin, std::uint64_t i);

/// Seals and opens for one ledger; keeps its contexts and buffers. One thread at a time.
class Sealer {
 public:
  explicit Sealer(std::string origin) : origin_(std::move(origin)) {}

  /// Appends the blob of record `i` to `out`. `i` must be final, and `salt` fresh (32 random bytes) in every attempt to
  /// commit: the cipher's nonce is fixed, so a key must never be used twice.
  SealedBody seal(const crypto::Key& dek, const crypto::Key& salt, std::uint64_t i, std::string_view plain, Bytes& out);

  /// The plain text; an error if this is not the body of record `i` under this key.
  Result<Bytes> open(const crypto::Key& dek, std::uint64_t i, ByteView blob);
  /// The same for who was given the record's own key.
  Result<Bytes> open_with_record_key(const crypto::Key& key, std::uint64_t i, ByteView blob);

  const std::string& origin() const { return origin_; }

 private:
  std::string origin_;
  crypto::Gcm gcm_;
  Bytes padded_;
};

}  // namespace postern::ledger
