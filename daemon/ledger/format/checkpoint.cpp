// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/checkpoint.hpp"

#include <algorithm>
#include <charconv>

#include "ledger/format/leaf.hpp"

namespace postern::ledger {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // an em dash and a space begin a signature line
constexpr std::size_t kSignatureSize = 64;

std::string line_of(std::string_view name, const KeyId& id, ByteView signature) {
  Bytes bytes(id.begin(), id.end());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return std::string(kDash) + std::string(name) + " " + base64(bytes) + "\n";
}

std::array<std::uint8_t, 8> big_endian(std::uint64_t value) {
  std::array<std::uint8_t, 8> bytes;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, value >>= 8) *byte = static_cast<std::uint8_t>(value);
  return bytes;
}

std::string cosigned_message(std::uint64_t time, std::string_view body) {
  return "cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(body);
}

/// Decimal, no sign, no leading zero, 1 … 2^53-1.
std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc() || end != text.data() + text.size() || text.front() == '0') return std::nullopt;
  return size <= static_cast<std::uint64_t>(kMaxInteger) ? std::optional(size) : std::nullopt;
}

/// Takes the text up to the next LF off `rest`; nothing if there is none.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  const auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<Signature> parse_signature(std::string_view line) {
  if (!line.starts_with(kDash)) return std::nullopt;
  line.remove_prefix(kDash.size());
  const auto space = line.find(' ');
  if (space == line.npos || !is_signer(line.substr(0, space))) return std::nullopt;
  const auto bytes = unbase64(line.substr(space + 1));
  if (!bytes || bytes->size() < 5) return std::nullopt;
  Signature signature;
  signature.name = line.substr(0, space);
  std::copy_n(bytes->begin(), 4, signature.key_id.begin());
  signature.signature.assign(bytes->begin() + 4, bytes->end());
  return signature;
}

}  // namespace

std::string checkpoint_body(std::string_view origin, std::uint64_t size, const Hash& root) {
  return std::string(origin) + "\n" + std::to_string(size) + "\n" + base64(root) + "\n";
}

std::string signature_line(const crypto::SigningKey& key, std::string_view body) {
  const auto origin = body.substr(0, body.find('\n'));
  return line_of(origin, key_id(origin, KeyType::ed25519, key.public_key()), key.sign(view(body)));
}

std::string line_of(const Signature& signature) {
  return line_of(signature.name, signature.key_id, signature.signature);
}

std::string make_checkpoint(std::string_view body, std::initializer_list<const crypto::SigningKey*> keys) {
  std::string note = std::string(body) + "\n";
  for (const auto* key : keys) note += signature_line(*key, body);
  return note;
}

Result<Note> parse_note(std::string_view text) {
  const auto refuse = [](const char* why) { return failure(std::string("the note ") + why); };
  Note note;
  auto rest = text;
  const auto origin = take_line(rest), size = take_line(rest), root = take_line(rest);
  if (!origin || !size || !root) return refuse("has fewer than three lines");
  note.body = text.substr(0, text.size() - rest.size());
  if (take_line(rest) != std::string_view()) return refuse("has no blank line after its third");
  if (!is_signer(*origin)) return refuse("has an origin with other than printable characters");
  note.origin = *origin;
  const auto number = parse_size(*size);
  if (!number) return refuse("has a size that is not a plain number from 1 to 2^53-1");
  note.size = *number;
  const auto hash = unbase64(*root);
  if (!hash || hash->size() != sizeof(Hash)) return refuse("has a root that is not 32 bytes of canonical base64");
  std::copy(hash->begin(), hash->end(), note.root.begin());
  while (!rest.empty()) {
    const auto line = take_line(rest);
    if (!line) return refuse("does not end in a line feed");
    auto signature = parse_signature(*line);
    if (!signature) return refuse("has a malformed signature line");
    if (note.signatures.size() == kMaxSignatures) return refuse("has more than 16 signature lines");
    note.signatures.push_back(std::move(*signature));
  }
  return note;
}

bool verify_signature(const VKey& key, const Note& note, const Signature& line) {
  return line.signature.size() == kSignatureSize && crypto::verify_ed25519(key.key, view(note.body), line.signature);
}

std::string cosignature_line(std::string_view witness, const crypto::SigningKey& key, std::uint64_t time,
                             std::string_view body) {
  const auto stamp = big_endian(time);
  const auto signature = key.sign(view(cosigned_message(time, body)));
  Bytes bytes(stamp.begin(), stamp.end());
  bytes.insert(bytes.end(), signature.begin(), signature.end());
  return line_of(witness, key_id(witness, KeyType::cosignature, key.public_key()), bytes);
}

Result<std::optional<std::uint64_t>> verify_cosignature(const VKey& witness, const Note& note) {
  std::optional<std::uint64_t> seen;
  const auto id = witness.id();
  for (const auto& line : note.signatures) {
    if (line.name != witness.name || line.key_id != id) continue;
    const auto refuse = [&](const char* why) { return failure("the cosignature of " + witness.name + why); };
    if (seen) return refuse(" is there twice");
    if (line.signature.size() != 8 + kSignatureSize) return refuse(" has a wrong length");
    const auto time = static_cast<std::uint64_t>(first_int64(line.signature));
    if (!crypto::verify_ed25519(witness.key, view(cosigned_message(time, note.body)),
                                ByteView(line.signature).subspan(8)))
      return refuse(" does not verify");
    seen = time;
  }
  return seen;
}

}  // namespace postern::ledger
