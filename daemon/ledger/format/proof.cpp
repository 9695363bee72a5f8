// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/proof.hpp"

#include <algorithm>

namespace postern::ledger {
namespace {
constexpr std::string_view kMagic = "c2sp.org/tlog-proof@v1\nindex ";
constexpr std::size_t kHashLine = 45;  // 32 bytes are 44 of base64, and the LF
constexpr std::size_t kMaxPath = 64;
}  // namespace

void append_path(std::string& out, const Path& path) {
  for (const auto& hash : path) out += base64(hash) + "\n";
  out += "\n";
}

bool take_path(std::string_view& text, Path& path) {
  while (!text.starts_with("\n")) {
    const auto bytes = text.size() < kHashLine ? std::nullopt : unbase64(text.substr(0, kHashLine - 1));
    if (!bytes || bytes->size() != sizeof(Hash) || text[kHashLine - 1] != '\n' || path.size() == kMaxPath) return false;
    std::copy(bytes->begin(), bytes->end(), path.emplace_back().begin());
    text.remove_prefix(kHashLine);
  }
  text.remove_prefix(1);
  return true;
}

std::string format_proof(const Proof& proof) {
  std::string out = std::string(kMagic) + std::to_string(proof.index) + "\n";
  append_path(out, proof.path);
  return out + proof.note;
}

Result<Proof> parse_proof(std::string_view text) {
  const auto refuse = [](const char* why) { return failure(std::string("the proof ") + why); };
  if (!text.starts_with(kMagic)) return refuse("does not begin as tlog-proof v1 does");
  text.remove_prefix(kMagic.size());
  Proof proof;
  std::size_t digits = 0;
  for (; digits < std::min<std::size_t>(text.size(), 17) && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    proof.index = proof.index * 10 + static_cast<std::uint64_t>(text[digits] - '0');
  if (!text.starts_with(std::to_string(proof.index) + "\n")) return refuse("has no canonical index");
  text.remove_prefix(digits + 1);
  if (!take_path(text, proof.path)) return refuse("has a line that is no hash");
  proof.note = text;
  return proof;
}

}  // namespace postern::ledger
