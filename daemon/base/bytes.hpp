// SPDX-License-Identifier: Apache-2.0
// Bytes and the names made of bytes: hex, base64, 128-bit ids, 256-bit hashes.
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView view(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view chars(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// Lower-case hexadecimal.
std::string hex(ByteView bytes);
/// The bytes of a lower- or upper-case hexadecimal text; nothing if it is not one.
std::optional<Bytes> unhex(std::string_view text);

/// RFC 4648 base64 with padding.
std::string base64(ByteView bytes);
/// Strict: only the one canonical encoding is accepted (padding present, spare bits zero, no white space).
std::optional<Bytes> unbase64(std::string_view text);

using Hash = std::array<std::uint8_t, 32>;

/// A 128-bit pseudonym or id. Random, never derived from what a platform calls somebody.
struct Id {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const Id&) const = default;
  /// The all-zero id stands for "none".
  explicit operator bool() const { return bytes != std::array<std::uint8_t, 16>{}; }
  std::string hex() const { return postern::hex(bytes); }
  static std::optional<Id> from_hex(std::string_view text);
};

/// Big-endian 64-bit signed value of the first eight bytes: how a look-up key is made of an HMAC.
std::int64_t first_int64(ByteView bytes);

}  // namespace postern

template <>
struct std::hash<postern::Id> {
  std::size_t operator()(const postern::Id& id) const noexcept {
    std::size_t value;  // ids are random, so any of their bytes are a hash
    std::memcpy(&value, id.bytes.data(), sizeof value);
    return value;
  }
};
