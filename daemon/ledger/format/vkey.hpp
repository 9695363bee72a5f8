// SPDX-License-Identifier: Apache-2.0
// The public keys that sign and cosign checkpoints, as text, and the name of a ledger. Pure; any thread.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace postern::ledger {

using KeyId = std::array<std::uint8_t, 4>;
enum class KeyType : std::uint8_t { ed25519 = 0x01, cosignature = 0x04 };

/// A verification key as it is printed, pinned and carried by key.rotate: name+keyid+base64(type ‖ public key).
struct VKey {
  std::string name;  ///< of a log: its origin
  KeyType type = KeyType::ed25519;
  crypto::Key key{};

  /// SHA-256(name ‖ LF ‖ type ‖ key), the first four bytes.
  KeyId id() const;
  std::string text() const;
  /// Refuses a key id that does not belong to name and key, and types other than the two.
  static Result<VKey> parse(std::string_view text);
  /// As parse, and the key must be able to sign this product's checkpoints: Ed25519 under a well-formed origin.
  static Result<VKey> parse_log_key(std::string_view text);

  bool operator==(const VKey&) const = default;
};

/// `<host or chosen name>/postern/<uuid, lower case>/<fork>`.
bool is_origin(std::string_view text);

/// The key id of any name, type and key; what VKey::id() returns for its own.
KeyId key_id(std::string_view name, KeyType type, const crypto::Key& key);

/// May this be the name of a signer? Printable ASCII without space and plus.
bool is_signer(std::string_view name);

}  // namespace postern::ledger
