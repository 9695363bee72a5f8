// SPDX-License-Identifier: Apache-2.0
#include "core/policy/fingerprints.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "core/policy/stop_words.hpp"

namespace postern::core::policy {
namespace {

constexpr std::size_t kRun = 4;

std::uint64_t rotated(std::uint64_t value, unsigned by) {
  return value << by | value >> (64U - by);
}

/// Aumasson and Bernstein, "SipHash: a fast short-input PRF".
std::uint64_t siphash(std::string_view text, const FingerprintKey& key) {
  std::uint64_t v0 = key[0] ^ 0x736f6d6570736575ULL, v1 = key[1] ^ 0x646f72616e646f6dULL;
  std::uint64_t v2 = key[0] ^ 0x6c7967656e657261ULL, v3 = key[1] ^ 0x7465646279746573ULL;
  const auto round = [&] {
    v0 += v1, v1 = rotated(v1, 13) ^ v0, v0 = rotated(v0, 32);
    v2 += v3, v3 = rotated(v3, 16) ^ v2;
    v0 += v3, v3 = rotated(v3, 21) ^ v0;
    v2 += v1, v1 = rotated(v1, 17) ^ v2, v2 = rotated(v2, 32);
  };
  const auto take = [&](std::uint64_t word) {
    v3 ^= word;
    round(), round();
    v0 ^= word;
  };
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= std::uint64_t{static_cast<unsigned char>(text[i])} << 8U * (i % 8);
    if (i % 8 != 7) continue;
    take(word);
    word = 0;
  }
  take(word | std::uint64_t{text.size()} << 56U);
  v2 ^= 0xff;
  round(), round(), round(), round();
  return v0 ^ v1 ^ v2 ^ v3;
}

bool is_letter(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) != 0 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '@';
}

bool tells_apart(std::string_view word) {
  return word.size() >= 4 && word.find_first_of("0123456789@") != std::string_view::npos;
}

}  // namespace

std::vector<std::uint64_t> fingerprints(std::string_view text, const FingerprintKey& key) {
  std::vector<std::uint64_t> out;
  out.reserve(64);
  const std::string all = folded(text);
  std::array<std::uint64_t, kRun> last{};  // fingerprints of the newest words, oldest first
  std::size_t words = 0;
  for (std::size_t at = 0; at < all.size();) {
    std::size_t end = at;
    while (end < all.size() && is_letter(all[end])) ++end;
    if (end == at) {
      ++at;
      continue;
    }
    const std::string_view word(all.data() + at, end - at);
    std::rotate(last.begin(), last.begin() + 1, last.end());
    last.back() = siphash(word, key);
    if (tells_apart(word)) out.push_back(last.back());
    if (++words >= kRun) out.push_back(siphash({reinterpret_cast<const char*>(last.data()), sizeof last}, key));
    at = end;
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

FingerprintKey fingerprint_key(const crypto::Key& secret) {
  const auto digest = crypto::sha256({ByteView(secret), view("postern/fingerprint/v1")});
  FingerprintKey key{};
  std::memcpy(key.data(), digest.data(), sizeof key);
  return key;
}

}  // namespace postern::core::policy
