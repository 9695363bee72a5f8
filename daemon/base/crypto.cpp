// SPDX-License-Identifier: Apache-2.0
#include "base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
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
using PKey = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;

EVP_MD* fetch(const char* name) {
  auto* md = EVP_MD_fetch(nullptr, name, nullptr);
  must(md != nullptr, name);
  return md;
}
const EVP_MD* algorithm(std::string_view name) {
  static const EVP_MD* const sha256 = fetch("SHA256");
  static const EVP_MD* const sha1 = fetch("SHA1");
  return name == "SHA1" ? sha1 : sha256;
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

/// What to name at another use of a context: named again, OpenSSL would free the context's state and make it anew.
const EVP_CIPHER* unless_set(EVP_CIPHER_CTX* ctx, const EVP_CIPHER* cipher) {
  return EVP_CIPHER_CTX_get0_cipher(ctx) == cipher ? nullptr : cipher;
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

namespace {
/// 20 or 32 bytes, then zeros.
Hash digest(const EVP_MD* algorithm, ByteView first, std::span<const ByteView> parts) {
  thread_local DigestCtx ctx{EVP_MD_CTX_new()};
  Hash out{};
  must(EVP_DigestInit_ex2(ctx.get(), algorithm, nullptr) == 1, "DigestInit");
  must(EVP_DigestUpdate(ctx.get(), first.data(), first.size()) == 1, "DigestUpdate");
  for (const auto part : parts) must(EVP_DigestUpdate(ctx.get(), part.data(), part.size()) == 1, "DigestUpdate");
  must(EVP_DigestFinal_ex(ctx.get(), out.data(), nullptr) == 1, "DigestFinal");
  return out;
}
}  // namespace

Hash sha256(std::initializer_list<ByteView> parts) {
  return digest(algorithm("SHA256"), {}, {parts.begin(), parts.size()});
}

/// The key's two blocks. Hashing them again with each message costs less than OpenSSL's copy of a state.
struct Hmac::State {
  static constexpr std::size_t kBlock = 64;  // of SHA-256 and SHA-1

  const EVP_MD* digest;
  std::array<std::uint8_t, kBlock> inner{}, outer{};

  State(ByteView key, const EVP_MD* of) : digest(of) {
    const Hash short_key = key.size() > kBlock ? crypto::digest(of, key, {}) : Hash{};
    if (key.size() > kBlock) key = ByteView(short_key).first(static_cast<std::size_t>(EVP_MD_get_size(of)));
    std::copy(key.begin(), key.end(), inner.begin());
    for (std::size_t at = 0; at < kBlock; ++at) outer[at] = inner[at] ^ 0x5c;
    for (auto& byte : inner) byte ^= 0x36;
  }
  ~State() {
    OPENSSL_cleanse(inner.data(), inner.size());
    OPENSSL_cleanse(outer.data(), outer.size());
  }
};

Hmac::Hmac(ByteView key, const char* digest) : state_(std::make_unique<State>(key, algorithm(digest))) {}
Hmac::~Hmac() = default;
Hmac::Hmac(Hmac&&) noexcept = default;
Hmac& Hmac::operator=(Hmac&&) noexcept = default;

Hash Hmac::operator()(std::span<const ByteView> parts) const {
  const Hash hash = digest(state_->digest, state_->inner, parts);
  const auto inner = ByteView(hash).first(static_cast<std::size_t>(EVP_MD_get_size(state_->digest)));
  return digest(state_->digest, state_->outer, {&inner, 1});
}

Key hkdf(ByteView key, ByteView salt, std::string_view info) {
  // RFC 5869 with one block of output: extract, then a single expand step. An empty salt and 32 zero bytes are the same
  // HMAC key.
  static constexpr std::uint8_t kOne = 1;
  const Hash extracted = Hmac(salt)({key});
  return Hmac(extracted)({view(info), ByteView(&kOne, 1)});
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
  const auto* cipher = unless_set(ctx, gcm_algorithm());
  must(EVP_EncryptInit_ex2(ctx, cipher, key.data(), kZeroNonce.data(), nullptr) == 1, "EncryptInit");
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
  const auto* cipher = unless_set(ctx, gcm_algorithm());
  must(EVP_DecryptInit_ex2(ctx, cipher, key.data(), kZeroNonce.data(), nullptr) == 1, "DecryptInit");
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
  const auto* cipher = unless_set(ctx.get(), wrap_algorithm());
  must(EVP_EncryptInit_ex2(ctx.get(), cipher, kek.data(), nullptr, nullptr) == 1, "wrap init");
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
