// SPDX-License-Identifier: Apache-2.0
// Paths of the Graph API.
#pragma once
#include <string>
#include <string_view>

namespace meta {

/// Unreserved characters stay (RFC 3986), so that an id can only ever be one segment of a path.
inline std::string segment(std::string_view id) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
    if (letter || (byte >= '0' && byte <= '9') || c == '-' || c == '_' || c == '.' || c == '~')
      out += c;
    else
      (((out += '%') += kHex[byte >> 4]) += kHex[byte & 15]);
  }
  return out;
}

}  // namespace meta
