// SPDX-License-Identifier: Apache-2.0
// The few primitives that Postern needs, over OpenSSL 3. Algorithms are fetched once and contexts are kept, since an
// implicit fetch per call costs more than the hash itself. A failure of OpenSSL here is a broken machine: it throws.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace postern::crypto {

using Key = std::array<std::uint8_t, 32>;

/// Fills `out` from the kernel's generator.
void random(std::span<std::uint8_t> out);
Key random_key();
Id random_id();

/// SHA-256 over the parts, as if they were one text. Any thread.
Hash sha256(std::initializer_list<ByteView> parts);
inline Hash sha256(ByteView bytes) { return sha256({bytes}); }

/// HMAC with one key, used again and again. One thread at a time.
class Hmac {
 public:
  /// `digest` is "SHA256" or "SHA1".
  explicit Hmac(ByteView key, const char* digest = "SHA256");
  ~Hmac();
  Hmac(Hmac&&) noexcept;
  Hmac& operator=(Hmac&&) noexcept;

  /// 32 bytes for SHA-256, 20 for SHA-1; the rest is zero.
  Hash operator()(std::span<const ByteView> parts) const;
  Hash operator()(std::initializer_list<ByteView> parts) const {
    return (*this)(std::span<const ByteView>(parts.begin(), parts.size()));
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// RFC 5869, 32 bytes out. An empty salt is 32 zero bytes.
Key hkdf(ByteView key, ByteView salt, std::string_view info);

/// AES-256-GCM with a nonce of twelve zero bytes: for keys that are used once. One thread at a time.
class Gcm {
 public:
  Gcm();
  ~Gcm();
  /// `out` gets plain.size() bytes of ciphertext and 16 of tag. It may begin where `plain` does.
  void seal(const Key& key, ByteView aad, ByteView plain, std::span<std::uint8_t> out);
  /// Nothing if the tag is wrong. `sealed` is ciphertext and tag.
  std::optional<Bytes> open(const Key& key, ByteView aad, ByteView sealed);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// RFC 3394 AES key wrap with the default IV: 40 bytes for a key of 32.
Bytes wrap(const Key& kek, const Key& key);
std::optional<Key> unwrap(const Key& kek, ByteView wrapped);

/// Ed25519 from a 32-byte seed.
class SigningKey {
 public:
  explicit SigningKey(const Key& seed);
  ~SigningKey();
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  std::array<std::uint8_t, 64> sign(ByteView message) const;
  const Key& public_key() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

bool verify_ed25519(const Key& public_key, ByteView message, ByteView signature);

}  // namespace postern::crypto
