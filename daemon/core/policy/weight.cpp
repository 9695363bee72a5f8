// SPDX-License-Identifier: Apache-2.0
#include "core/policy/weight.hpp"

#include <algorithm>

#include "core/policy/text.hpp"

namespace postern::core::policy {
namespace {

constexpr std::int64_t kLinkWeight = 23;

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_letter_or_digit(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

/// U+0000 to U+10FF, and some spaces, dashes and quotation marks.
bool is_light(char32_t c) {
  return c <= 0x10FF || (c >= 0x2000 && c <= 0x200D) || (c >= 0x2010 && c <= 0x201F) || (c >= 0x2032 && c <= 0x2037);
}

std::int64_t weight_of_cluster(std::string_view cluster) {
  constexpr char32_t kFirst = 0x1F000, kLast = 0x1FAFF, kAsPicture = 0xFE0F;  // most emoji; what makes one of a sign
  std::int64_t total = 0;
  for (std::size_t at = 0; at < cluster.size();) {
    const auto [code, size] = code_point(cluster, at);
    if ((at == 0 && code >= kFirst && code <= kLast) || code == kAsPicture) return 2;
    total += is_light(code) ? 1 : 2;
    at += size;
  }
  return total;
}

/// May it be a link without "https://": a letter or digit, a dot, two letters?
bool names_a_domain(std::string_view word) {
  if (word.find('@') != word.npos) return false;
  for (std::size_t dot = word.find('.'); dot != word.npos; dot = word.find('.', dot + 1))
    if (dot > 0 && dot + 2 < word.size() && is_letter_or_digit(word[dot - 1]) && is_letter(word[dot + 1]) &&
        is_letter(word[dot + 2]))
      return true;
  return false;
}

std::int64_t weight_of_word(std::string_view word) {
  const auto size = static_cast<std::int64_t>(word.size());
  const std::size_t link = std::min(word.find("https://"), word.find("http://"));
  const bool begins = link != word.npos && (link == 0 || !is_letter_or_digit(word[link - 1]));
  if (begins && names_a_domain(word.substr(link))) {
    const std::size_t last = word.find_last_not_of(".,:;!?)]'\"");  // marks behind a link are no part of it
    return static_cast<std::int64_t>(link) + kLinkWeight + size - static_cast<std::int64_t>(last) - 1;
  }
  return names_a_domain(word) ? std::max(kLinkWeight, size) : size;
}

}  // namespace

Piece weighed_piece(std::string_view text, std::size_t at) {
  std::size_t end = at, next = cluster_end(text, at);
  while (next == end + 1 && text[end] > ' ' && text[end] < '\x7F') {
    end = next;
    next = cluster_end(text, end);
  }
  if (end != at) return {end, weight_of_word(text.substr(at, end - at))};
  return {next, weight_of_cluster(text.substr(at, next - at))};
}

}  // namespace postern::core::policy
