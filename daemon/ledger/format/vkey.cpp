// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/vkey.hpp"

#include <algorithm>

namespace postern::ledger {
namespace {

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) return false;
  }
  return true;
}

/// A number without leading zeros.
bool is_fork(std::string_view text) {
  return text == "0" || (!text.empty() && text.size() <= 16 && text.front() != '0' &&
                         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
  });
}

}  // namespace

KeyId key_id(std::string_view name, KeyType type, const crypto::Key& key) {
  const auto byte = static_cast<std::uint8_t>(type);
  const auto hash = crypto::sha256({view(name), view("\n"), ByteView(&byte, 1), key});
  return {hash[0], hash[1], hash[2], hash[3]};
}

bool is_signer(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c < 127 && c != '+'; });
}

KeyId VKey::id() const {
  return key_id(name, type, key);
}

std::string VKey::text() const {
  Bytes bytes{static_cast<std::uint8_t>(type)};
  bytes.insert(bytes.end(), key.begin(), key.end());
  return name + "+" + hex(id()) + "+" + base64(bytes);
}

Result<VKey> VKey::parse(std::string_view text) {
  const auto refuse = [](const char* why) {
    return failure(std::string("a verification key ") + why, "it reads name+keyid+base64, as printed at init");
  };
  const auto first = text.find('+'), second = text.find('+', first == text.npos ? first : first + 1);
  if (second == text.npos) return refuse("has fewer than three parts");
  VKey vkey;
  vkey.name = text.substr(0, first);
  const auto bytes = unbase64(text.substr(second + 1));
  if (!is_signer(vkey.name) || !bytes || bytes->size() != 33) return refuse("has a bad name or no 33 bytes of base64");
  if ((*bytes)[0] != 0x01 && (*bytes)[0] != 0x04) return refuse("is of an unknown type");
  vkey.type = static_cast<KeyType>((*bytes)[0]);
  std::copy(bytes->begin() + 1, bytes->end(), vkey.key.begin());
  if (text.substr(first + 1, second - first - 1) != hex(vkey.id())) return refuse("has a key id that is not its own");
  return vkey;
}

Result<VKey> VKey::parse_log_key(std::string_view text) {
  auto vkey = parse(text);
  if (vkey && (vkey->type != KeyType::ed25519 || !is_origin(vkey->name)))
    return failure("this verification key is not a ledger's", "its name is <host>/postern/<uuid>/<fork>, its type 1");
  return vkey;
}

bool is_origin(std::string_view text) {
  const auto first = text.find('/');
  if (first == text.npos || !is_host(text.substr(0, first))) return false;
  text.remove_prefix(first);
  constexpr std::string_view kProduct = "/postern/";
  if (!text.starts_with(kProduct)) return false;
  text.remove_prefix(kProduct.size());
  return text.size() > 37 && is_uuid(text.substr(0, 36)) && text[36] == '/' && is_fork(text.substr(37));
}

}  // namespace postern::ledger
