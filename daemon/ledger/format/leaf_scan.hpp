// SPDX-License-Identifier: Apache-2.0
// The grammar of a leaf's bytes, below any meaning: characters, pairs, canonical integers. Used by leaf_check.cpp
// alone.
#pragma once
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace postern::ledger::scan {

/// What a character may be part of.
enum : std::uint8_t { kValue = 1, kLower = 2, kDigit = 4, kHex = 8, kKeyTail = 16 };

constexpr std::array<std::uint8_t, 256> classes() {
  std::array<std::uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = kValue | kLower | kKeyTail | (c <= 'f' ? kHex : 0);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = kValue;
  for (int c = '0'; c <= '9'; ++c) table[c] = kValue | kDigit | kHex | kKeyTail;
  for (const char c : {'.', ':', '/', '@', '+', '=', '-'}) table[static_cast<std::uint8_t>(c)] = kValue;
  table['_'] = kValue | kKeyTail;
  return table;
}
inline constexpr auto kClasses = classes();

inline bool is(char c, std::uint8_t what) {
  return (kClasses[static_cast<std::uint8_t>(c)] & what) != 0;
}

inline bool all(std::string_view text, std::uint8_t what) {
  for (const char c : text)
    if (!is(c, what)) return false;
  return !text.empty();
}

inline bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && all(text, kHex);
}

/// Walks over the pairs of a leaf, knowing nothing of their meaning.
class Scanner {
 public:
  struct Pair {
    std::string_view key, value;  ///< a text without its quotes; an integer's characters
    bool is_text = false;
  };

  explicit Scanner(std::string_view bytes) : rest_(bytes) {}

  /// The next pair; nothing at the end of the object or where the form is broken, which `error` then tells.
  std::optional<Pair> next() {
    if (rest_ == "}" && !first_) {
      rest_ = {};
      return std::nullopt;
    }
    Pair pair;
    if (!take(first_ ? '{' : ',')) return broken("is not one object without white space");
    first_ = false;
    if (!take_string(pair.key, kKeyTail) || !is(pair.key.front(), kLower) || pair.key.size() > 16)
      return broken("has a key of another form than [a-z][a-z0-9_]{0,15}");
    if (!take(':')) return broken("has a key without a value");
    if (!rest_.empty() && rest_.front() == '"') {
      pair.is_text = true;
      if (!take_string(pair.value, kValue)) return broken("has a text outside [A-Za-z0-9._:/@+=-]+");
    } else if (!take_integer(pair.value)) {
      return broken("has a value that is neither text nor a canonical integer");
    }
    return pair;
  }
  const char* error() const { return error_; }

 private:
  std::optional<Pair> broken(const char* why) {
    error_ = why;
    return std::nullopt;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_string(std::string_view& out, std::uint8_t alphabet) {
    std::size_t end = 1;
    while (end < rest_.size() && is(rest_[end], alphabet)) ++end;
    if (rest_.empty() || rest_.front() != '"' || end == 1 || end == rest_.size() || rest_[end] != '"') return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool take_integer(std::string_view& out) {
    const std::size_t sign = !rest_.empty() && rest_.front() == '-' ? 1 : 0;
    std::size_t end = sign;
    while (end < rest_.size() && is(rest_[end], kDigit)) ++end;
    const std::size_t digits = end - sign;
    if (digits == 0 || digits > 16 || (rest_[sign] == '0' && (digits > 1 || sign == 1))) return false;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  std::string_view rest_;
  const char* error_ = nullptr;
  bool first_ = true;
};

/// Sixteen digits always fit; the bound is checked by the caller.
inline std::int64_t to_integer(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

}  // namespace postern::ledger::scan
