// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/sealed.hpp"

#include <openssl/crypto.h>

#include <algorithm>

namespace postern::ledger {
namespace {

// magic 4 ‖ i 8 ‖ salt 32 ‖ commitment 32 ‖ ciphertext n ‖ tag 16
constexpr std::string_view kMagic = "PSB1";
constexpr std::size_t kIndexAt = 4, kSaltAt = 12, kCommitmentAt = 44, kTextAt = 76, kTag = 16, kBlock = 64;
static_assert(kTextAt + kTag == kBlobOverhead);

Hash commitment(const crypto::Key& key) {
  return crypto::sha256({view("postern/kc/v1"), key});
}

std::string aad(std::string_view origin, std::uint64_t i) {
  std::string out;
  out.reserve(origin.size() + 21);
  return out.append(origin).append("\n").append(std::to_string(i));
}

// What stands before the ciphertext.
Bytes head_of(std::uint64_t i, const crypto::Key& salt, const crypto::Key& key) {
  Bytes head(kMagic.begin(), kMagic.end());
  for (unsigned byte = 0; byte < 8; ++byte) head.push_back(static_cast<std::uint8_t>(i >> (56 - 8 * byte)));
  head.insert(head.end(), salt.begin(), salt.end());
  const auto committed = commitment(key);
  head.insert(head.end(), committed.begin(), committed.end());
  return head;
}

}  // namespace

Hash blob_hash(ByteView blob) {
  static constexpr std::uint8_t kBlob = 0x02;
  return crypto::sha256({ByteView(&kBlob, 1), blob});
}

crypto::Key record_key(const crypto::Key& dek, ByteView salt, std::string_view origin, std::uint64_t i) {
  return crypto::hkdf(dek, salt, "postern/audit/v1\n" + aad(origin, i));
}

SealedBody Sealer::seal(const crypto::Key& dek, const crypto::Key& salt, std::uint64_t i, std::string_view plain,
                        Bytes& out) {
  const auto key = record_key(dek, salt, origin_, i);
  const auto n = (plain.size() / kBlock + 1) * kBlock;
  padded_.assign(plain.begin(), plain.end());
  padded_.push_back(0x80);
  padded_.resize(n, 0);

  const auto begin = out.size();
  out.resize(begin + n + kBlobOverhead);
  const auto blob = std::span(out).subspan(begin);
  std::copy(kMagic.begin(), kMagic.end(), blob.begin());
  for (unsigned byte = 0; byte < 8; ++byte) blob[kIndexAt + byte] = static_cast<std::uint8_t>(i >> (56 - 8 * byte));
  std::copy(salt.begin(), salt.end(), blob.begin() + kSaltAt);
  const auto committed = commitment(key);
  std::copy(committed.begin(), committed.end(), blob.begin() + kCommitmentAt);
  gcm_.seal(key, view(aad(origin_, i)), padded_, blob.subspan(kTextAt));
  OPENSSL_cleanse(padded_.data(), padded_.size());
  return {blob_hash(blob), n};
}

SealedFile seal_file(std::string_view origin, const crypto::Key& dek, const crypto::Key& salt, std::uint64_t i,
                     std::string& content) {
  const auto key = record_key(dek, salt, origin, i);
  const auto n = (content.size() / kBlock + 1) * kBlock;
  content.reserve(n + kTag);
  content.push_back(static_cast<char>(0x80));
  content.resize(n + kTag, 0);
  SealedFile file;
  file.head = head_of(i, salt, key);
  auto* const bytes = reinterpret_cast<std::uint8_t*>(content.data());
  crypto::Gcm().seal(key, view(aad(origin, i)), ByteView(bytes, n), std::span(bytes, content.size()));
  static constexpr std::uint8_t kBlob = 0x02;
  file.body = {crypto::sha256({ByteView(&kBlob, 1), file.head, view(content)}), n};
  return file;
}

Result<Bytes> Sealer::open(const crypto::Key& dek, std::uint64_t i, ByteView blob) {
  if (blob.size() < kBlobOverhead + kBlock) return failure("the sealed body is too short");
  return open_with_record_key(record_key(dek, blob.subspan(kSaltAt, 32), origin_, i), i, blob);
}

Result<Bytes> Sealer::open_with_record_key(const crypto::Key& key, std::uint64_t i, ByteView blob) {
  const auto refuse = [&](const char* why) {
    return failure("the sealed body of record " + std::to_string(i) + " " + why);
  };
  if (blob.size() < kBlobOverhead + kBlock || (blob.size() - kBlobOverhead) % kBlock != 0)
    return refuse("has no possible length");
  if (!std::equal(kMagic.begin(), kMagic.end(), blob.begin())) return refuse("is of an unknown version");
  if (static_cast<std::uint64_t>(first_int64(blob.subspan(kIndexAt))) != i) return refuse("names another record");
  const auto committed = commitment(key);
  if (!std::equal(committed.begin(), committed.end(), blob.begin() + kCommitmentAt))
    return refuse("was sealed under another key");
  auto plain = gcm_.open(key, view(aad(origin_, i)), blob.subspan(kTextAt));
  if (!plain) return refuse("was changed");
  while (!plain->empty() && plain->back() == 0) plain->pop_back();
  if (plain->empty() || plain->back() != 0x80) return refuse("is padded wrongly");
  plain->pop_back();
  if ((plain->size() / kBlock + 1) * kBlock != blob.size() - kBlobOverhead) return refuse("is padded wrongly");
  return std::move(*plain);
}

}  // namespace postern::ledger
