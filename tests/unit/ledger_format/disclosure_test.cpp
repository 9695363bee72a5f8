// SPDX-License-Identifier: Apache-2.0
// Who is given the key of one record reads that one and no other, and cannot be shown two texts for it.
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>

#include "catch.hpp"
#include "ledger/format/sealed.hpp"

using namespace postern;
using namespace postern::ledger;

namespace {

using Block = std::array<std::uint8_t, 16>;

Block operator^(Block a, const Block& b) {
  for (std::size_t at = 0; at < a.size(); ++at) a[at] ^= b[at];
  return a;
}

/// The product in GCM's field (NIST SP 800-38D, 6.3).
Block product(const Block& x, Block y) {
  Block z{};
  for (int bit = 0; bit < 128; ++bit) {
    if (x[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) z = z ^ y;
    const bool carry = (y[15] & 1) != 0;
    for (std::size_t at = 15; at > 0; --at) y[at] = static_cast<std::uint8_t>(y[at] >> 1 | y[at - 1] << 7);
    y[0] = static_cast<std::uint8_t>(y[0] >> 1);
    if (carry) y[0] ^= 0xe1;
  }
  return z;
}

/// To the power of 2^128 − 2.
Block inverse(const Block& x) {
  Block power = x, out{0x80};
  for (int bit = 1; bit < 128; ++bit) out = product(out, power = product(power, power));
  return out;
}

/// AES-CTR's blocks under a nonce of zeros: 0 is the hash key H (ECB of zeros), 1 masks the tag, 2 and up encrypt.
std::vector<Block> key_stream(const crypto::Key& key, std::size_t count) {
  std::vector<Block> blocks(count);
  const auto context =
      std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int written = 0;
  REQUIRE(EVP_EncryptInit_ex(context.get(), EVP_aes_256_ecb(), nullptr, key.data(), nullptr) == 1);
  for (std::size_t at = 0; at < count; ++at) {
    Block counter{};
    counter[15] = static_cast<std::uint8_t>(at);
    REQUIRE(EVP_EncryptUpdate(context.get(), blocks[at].data(), &written, counter.data(), 16) == 1);
  }
  return blocks;
}

/// What GHASH makes of the additional data, the ciphertext and their lengths.
Block ghash(const Block& h, std::string_view extra, const std::vector<Block>& text) {
  std::vector<Block> blocks((extra.size() + 15) / 16);
  for (std::size_t at = 0; at < extra.size(); ++at) blocks[at / 16][at % 16] = static_cast<std::uint8_t>(extra[at]);
  blocks.insert(blocks.end(), text.begin(), text.end());
  Block lengths{};
  for (std::size_t byte = 0; byte < 8; ++byte) {
    lengths[byte] = static_cast<std::uint8_t>(extra.size() * 8 >> (56 - 8 * byte));
    lengths[8 + byte] = static_cast<std::uint8_t>(text.size() * 128 >> (56 - 8 * byte));
  }
  blocks.push_back(lengths);
  Block y{};
  for (const auto& block : blocks) y = product(y ^ block, h);
  return y;
}

}  // namespace

TEST_CASE("a text that opens under two keys of GCM is refused under both but the one that it commits to") {
  // GCM does not commit to its key: of four blocks of ciphertext the third is chosen so that both keys give one tag.
  const std::string origin = "origin", extra = origin + "\n7";
  const auto dek = crypto::random_key(), salt = crypto::random_key();
  const std::array keys{record_key(dek, salt, origin, 7), crypto::random_key()};
  std::vector<Block> text(4);
  for (auto& block : text) RAND_bytes(block.data(), 16);
  const auto one = key_stream(keys[0], 2), two = key_stream(keys[1], 2);
  const auto tag_of = [&](const std::vector<Block>& stream) { return ghash(stream[0], extra, text) ^ stream[1]; };
  text[2] = Block{};
  const auto cubed = [](const Block& h) { return product(product(h, h), h); };  // the third of four, then the lengths
  text[2] = product(tag_of(one) ^ tag_of(two), inverse(cubed(one[0]) ^ cubed(two[0])));
  const auto tag = tag_of(one);
  REQUIRE(tag == tag_of(two));
  Bytes sealed;
  for (const auto& block : text) sealed.insert(sealed.end(), block.begin(), block.end());
  sealed.insert(sealed.end(), tag.begin(), tag.end());
  for (const auto& key : keys)
    REQUIRE(crypto::Gcm().open(key, view(extra), sealed));  // the attack on bare GCM succeeds

  Bytes honest;
  Sealer sealer(origin);
  sealer.seal(dek, salt, 7, std::string(63, 'x'), honest);
  REQUIRE(honest.size() == 76 + sealed.size());
  std::copy(sealed.begin(), sealed.end(), honest.begin() + 76);  // under the commitment to the first key
  const auto other = sealer.open_with_record_key(keys[1], 7, honest);
  REQUIRE_FALSE(other);
  CHECK(other.error().what.find("under another key") != std::string::npos);
  // A commitment to both cannot be had, and one to the second closes it for the first.
  const auto committed = crypto::sha256({view("postern/kc/v1"), keys[1]});
  std::copy(committed.begin(), committed.end(), honest.begin() + 44);
  const auto first = sealer.open(dek, 7, honest);
  REQUIRE_FALSE(first);
  CHECK(first.error().what.find("under another key") != std::string::npos);
}

TEST_CASE("the key of one record opens no other record of the same person") {
  Sealer sealer("origin");
  const auto dek = crypto::random_key();
  std::vector<Bytes> blobs(200);
  std::vector<crypto::Key> keys;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const auto salt = crypto::random_key();
    sealer.seal(dek, salt, i, "message " + std::to_string(i), blobs[i]);
    keys.push_back(record_key(dek, salt, "origin", i));
  }
  std::size_t own = 0, others = 0;
  for (std::size_t i = 0; i < blobs.size(); ++i)
    for (std::size_t j = 0; j < blobs.size(); ++j)
      (i == j ? own : others) += sealer.open_with_record_key(keys[i], j, blobs[j]).has_value();
  CHECK(own == blobs.size());
  CHECK(others == 0);
  // Nor as if it were the person's key.
  for (const auto& key : keys) CHECK_FALSE(sealer.open(key, 0, blobs[0]));
}
