// SPDX-License-Identifier: Apache-2.0
// What frames of the protocol say.
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <zmq.hpp>

namespace postern::bus {

/// Valid as long as the frame.
inline std::string_view chars(const zmq::message_t& frame) {
  return {frame.data<char>(), frame.size()};
}

/// A whole decimal number, and nothing else.
inline std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace postern::bus
