// SPDX-License-Identifier: Apache-2.0
#include "config/kek_file.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <charconv>

namespace postern::config {
namespace {

std::optional<crypto::Key> key_of(std::string_view digits) {
  auto bytes = unhex(digits);
  crypto::Key key;
  if (!bytes || bytes->size() != key.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), key.begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

bool add_line(std::string_view line, Keks& keks) {
  std::int64_t number = 1;
  if (const auto colon = line.find(':'); colon != line.npos) {
    const auto read = std::from_chars(line.data(), line.data() + colon, number);
    if (read.ec != std::errc() || read.ptr != line.data() + colon || number < 1 || number > kLastKek) return false;
    line.remove_prefix(colon + 1);
  }
  const auto key = key_of(line);
  return key && keks.emplace(number, *key).second;
}

}  // namespace

std::optional<Keks> parse_keks(std::string_view text) {
  Keks keks;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (!add_line(text.substr(0, end), keks)) return std::nullopt;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return keks.empty() ? std::nullopt : std::optional(keks);
}

std::string keks_text(const Keks& keks) {
  std::string out;
  out.reserve(keks.size() * 80);  // so that no copy is left behind
  for (auto at = keks.rbegin(); at != keks.rend(); ++at) {
    auto digits = hex(at->second);
    out.append(std::to_string(at->first)).append(":").append(digits).append("\n");
    OPENSSL_cleanse(digits.data(), digits.size());
  }
  return out;
}

}  // namespace postern::config
