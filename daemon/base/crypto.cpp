// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <stdexcept>

namespace postern::crypto {
namespace {

void must(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL failed: ") + what);
}

template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* p) const {
    Free(p);
  }
};
using DigestCtx = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using CipherCtx = std::unique_ptr<EVP_CIPHER_CTX, Deleter<EVP_CIPHER_CTX_free>>;
using MacCtx = std::unique_ptr<EVP_MAC_CTX, Deleter<EVP_MAC_CTX_free>>;
using PKey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

EVP_MD* sha256_algorithm() {
  static EVP_MD* md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  must(md != nullptr, "fetch SHA256");
  return md;
}
EVP_MAC* hmac_algorithm() {
  static EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  must(mac != nullptr, "fetch HMAC");
  return mac;
}
EVP_CIPHER* gcm_algorithm() {
  static EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  must(cipher != nullptr, "fetch AES-256-GCM");
  return cipher;
}
EVP_CIPHER* wrap_algorithm() {
  static EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-WRAP", nullptr);
  must(cipher != nullptr, "fetch AES-256-WRAP");
  return cipher;
}

constexpr std::array<std::uint8_t, 12> kZeroNonce{};
constexpr std::size_t kTag = 16;

}  // namespace

void random(std::span<std::uint8_t> out) {
  must(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "RAND_bytes");
}

Key random_key() {
  Key key;
  random(key);
  return key;
}

Id random_id() {
  Id id;
  random(id.bytes);
  return id;
}

Hash sha256(std::initializer_list<ByteView> parts) {
  thread_local DigestCtx ctx{EVP_MD_CTX_new()};
  Hash out;
  must(EVP_DigestInit_ex2(ctx.get(), sha256_algorithm(), nullptr) == 1, "DigestInit");
  for (const auto part : parts) must(EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1, "DigestUpdate");
  must(EVP_DigestFinal_ex(ctx.get(), out.data(), nullptr) == 1, "DigestFinal");
  return out;
}

struct Hmac::State {
  MacCtx keyed;
};

Hmac::Hmac(ByteView key, const char* digest) : state_(std::make_unique<State>()) {
  state_->keyed.reset(EVP_MAC_CTX_new(hmac_algorithm()));
  OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest), 0),
                         OSSL_PARAM_construct_end()};
  must(EVP_MAC_init(state_->keyed.get(), key.data(), key.size(), params) == 1, "MAC_init");
}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

Hash Hmac::operator()(std::span<const ByteView> parts) const {
  const MacCtx ctx{EVP_MAC_CTX_dup(state_->keyed.get())};
  must(ctx != nullptr, "MAC_CTX_dup");
  for (const auto part : parts) must(EVP_MAC_update(ctx.get(), part.data(), part.size()) == 1, "MAC_update");
  Hash out{};
  std::size_t size = 0;
  must(EVP_MAC_final(ctx.get(), out.data(), &size, out.size()) == 1, "MAC_final");
  return out;
}

namespace {
/// HMAC-SHA256 of two parts under a key that is used once, where making an Hmac would cost more than the hashes.
Hash hmac_once(ByteView key, ByteView first, ByteView second) {
  constexpr std::size_t kBlock = 64;
  std::array<std::uint8_t, kBlock> pad{};
  const Hash short_key = key.size() > kBlock ? sha256(key) : Hash{};
  if (key.size() > kBlock) key = short_key;
  std::copy(key.begin(), key.end(), pad.begin());
  for (auto& byte : pad) byte ^= 0x36;
  const Hash inner = sha256({pad, first, second});
  for (auto& byte : pad) byte ^= 0x36 ^ 0x5c;
  const Hash outer = sha256({pad, inner});
  OPENSSL_cleanse(pad.data(), pad.size());
  return outer;
}
}  // namespace

Key hkdf(ByteView key, ByteView salt, std::string_view info) {
  // RFC 5869 with one block of output: extract, then a single expand step. An empty salt and 32 zero bytes are the same
  // HMAC key.
  static constexpr std::uint8_t kOne = 1;
  const Hash extracted = hmac_once(salt, key, {});
  return hmac_once(extracted, view(info), ByteView(&kOne, 1));
}

struct Gcm::State {
  CipherCtx ctx{EVP_CIPHER_CTX_new()};
};
Gcm::Gcm() : state_(std::make_unique<State>()) {}
Gcm::~Gcm() = default;

void Gcm::seal(const Key& key, ByteView aad, ByteView plain, std::span<std::uint8_t> out) {
  must(out.size() == plain.size() + kTag, "seal: size of out");
  auto* ctx = state_->ctx.get();
  int n = 0;
  must(EVP_EncryptInit_ex2(ctx, gcm_algorithm(), key.data(), kZeroNonce.data(), nullptr) == 1, "EncryptInit");
  must(EVP_EncryptUpdate(ctx, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1, "aad");
  must(EVP_EncryptUpdate(ctx, out.data(), &n, plain.data(), static_cast<int>(plain.size())) == 1, "EncryptUpdate");
  must(EVP_EncryptFinal_ex(ctx, out.data() + n, &n) == 1, "EncryptFinal");
  must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, kTag, out.data() + plain.size()) == 1, "tag");
}

std::optional<Bytes> Gcm::open(const Key& key, ByteView aad, ByteView sealed) {
  if (sealed.size() < kTag) return std::nullopt;
  auto* ctx = state_->ctx.get();
  const std::size_t size = sealed.size() - kTag;
  Bytes out(size + kTag);
  std::array<std::uint8_t, kTag> tag;
  std::copy(sealed.end() - kTag, sealed.end(), tag.begin());
  int n = 0;
  must(EVP_DecryptInit_ex2(ctx, gcm_algorithm(), key.data(), kZeroNonce.data(), nullptr) == 1, "DecryptInit");
  must(EVP_DecryptUpdate(ctx, nullptr, &n, aad.data(), static_cast<int>(aad.size())) == 1, "aad");
  must(EVP_DecryptUpdate(ctx, out.data(), &n, sealed.data(), static_cast<int>(size)) == 1, "DecryptUpdate");
  must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1, "tag");
  if (EVP_DecryptFinal_ex(ctx, out.data() + n, &n) != 1) return std::nullopt;
  out.resize(size);
  return out;
}

namespace {
EVP_CIPHER_CTX* wrapping_context() {
  auto* ctx = EVP_CIPHER_CTX_new();
  must(ctx != nullptr, "CIPHER_CTX_new");
  EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  return ctx;
}
}  // namespace

Bytes wrap(const Key& kek, const Key& key) {
  thread_local const CipherCtx ctx{wrapping_context()};
  Bytes out(40);
  int n = 0;
  must(EVP_EncryptInit_ex2(ctx.get(), wrap_algorithm(), kek.data(), nullptr, nullptr) == 1, "wrap init");
  must(EVP_EncryptUpdate(ctx.get(), out.data(), &n, key.data(), static_cast<int>(key.size())) == 1 && n == 40, "wrap");
  return out;
}

std::optional<Key> unwrap(const Key& kek, ByteView wrapped) {
  if (wrapped.size() != 40) return std::nullopt;
  thread_local const CipherCtx ctx{wrapping_context()};
  std::array<std::uint8_t, 48> out{};
  int n = 0;
  must(EVP_DecryptInit_ex2(ctx.get(), wrap_algorithm(), kek.data(), nullptr, nullptr) == 1, "unwrap init");
  if (EVP_DecryptUpdate(ctx.get(), out.data(), &n, wrapped.data(), 40) != 1 || n != 32) return std::nullopt;
  Key key;
  std::copy_n(out.begin(), key.size(), key.begin());
  return key;
}

struct SigningKey::State {
  PKey key;
  Key public_key{};
  DigestCtx ctx{EVP_MD_CTX_new()};
};

SigningKey::SigningKey(const Key& seed) : state_(std::make_unique<State>()) {
  state_->key.reset(EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), seed.size()));
  must(state_->key != nullptr, "Ed25519 key");
  std::size_t size = state_->public_key.size();
  must(EVP_PKEY_get_raw_public_key(state_->key.get(), state_->public_key.data(), &size) == 1, "Ed25519 public key");
}
SigningKey::~SigningKey() = default;
SigningKey::SigningKey(SigningKey&&) noexcept = default;
SigningKey& SigningKey::operator=(SigningKey&&) noexcept = default;

std::array<std::uint8_t, 64> SigningKey::sign(ByteView message) const {
  std::array<std::uint8_t, 64> out;
  std::size_t size = out.size();
  must(EVP_MD_CTX_reset(state_->ctx.get()) == 1, "reset");
  must(EVP_DigestSignInit(state_->ctx.get(), nullptr, nullptr, nullptr, state_->key.get()) == 1, "DigestSignInit");
  must(EVP_DigestSign(state_->ctx.get(), out.data(), &size, message.data(), message.size()) == 1, "DigestSign");
  return out;
}

const Key& SigningKey::public_key() const {
  return state_->public_key;
}

bool verify_ed25519(const Key& public_key, ByteView message, ByteView signature) {
  const PKey key{EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size())};
  if (!key) return false;
  const DigestCtx ctx{EVP_MD_CTX_new()};
  must(EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, key.get()) == 1, "DigestVerifyInit");
  return EVP_DigestVerify(ctx.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace postern::crypto
