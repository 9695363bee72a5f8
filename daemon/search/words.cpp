// SPDX-License-Identifier: Apache-2.0
#include "search/words.hpp"

#include <algorithm>

#include "core/policy/stop_words.hpp"
#include "core/policy/text.hpp"

namespace postern::search {
namespace {

struct Range {
  char32_t from, to;
};

/// What stands between words, beyond ASCII: spaces, quotation marks, arrows, symbols, what is full width.
constexpr Range kBetween[] = {{0x80, 0xA9},     {0xAB, 0xB4},     {0xB6, 0xB9},      {0xBB, 0xBF},     {0xD7, 0xD7},
                              {0xF7, 0xF7},     {0x60C, 0x60C},   {0x61B, 0x61B},    {0x61F, 0x61F},   {0x964, 0x965},
                              {0x2000, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020},  {0xFE30, 0xFE6F}, {0xFF01, 0xFF0F},
                              {0xFF1A, 0xFF20}, {0xFFF0, 0xFFFF}, {0x1F000, 0x1FAFF}};
/// Thai, Lao, Khmer, kana, ideographs.
constexpr Range kAlone[] = {{0xE00, 0xEFF},   {0x1780, 0x17FF}, {0x3041, 0x30FF},  {0x3400, 0x4DBF},
                            {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x323AF}};

template <std::size_t N>
bool is_in(const Range (&ranges)[N], char32_t code) {
  return std::any_of(ranges, ranges + N, [&](const Range& each) { return code >= each.from && code <= each.to; });
}

bool is_between(char32_t code) {
  if (code >= 0x80) return is_in(kBetween, code);
  return !((code >= 'a' && code <= 'z') || (code >= '0' && code <= '9'));
}

}  // namespace

std::string words_of(std::string_view text) {
  const std::string small = core::policy::folded(text);
  std::string out = " ";
  for (std::size_t at = 0; at < small.size();) {
    const auto [code, size] = core::policy::code_point(small, at);
    const auto sign = std::string_view(small).substr(at, size);
    at += size;
    if (is_between(code)) {
      if (out.back() != ' ') out += ' ';
      continue;
    }
    const bool alone = is_in(kAlone, code);
    if (alone && out.back() != ' ') out += ' ';
    out += sign;
    if (alone) out += ' ';
  }
  if (out.back() != ' ') out += ' ';
  return out == " " ? std::string() : out;
}

Wanted::Wanted(std::string_view text) {
  bool quoted = false;
  for (std::size_t from = 0; from <= text.size(); quoted = !quoted) {
    const auto end = std::min(text.find('"', from), text.size());
    auto piece = text.substr(from, end - from);
    from = end + 1;
    if (quoted) {
      add(piece, true);
      continue;
    }
    const bool last = end == text.size();
    while (!piece.empty()) {
      const auto blank = std::min(piece.find_first_of(" \t\r\n"), piece.size());
      add(piece.substr(0, blank), !last || blank < piece.size());
      piece.remove_prefix(std::min(blank + 1, piece.size()));
    }
  }
}

void Wanted::add(std::string_view text, bool whole) {
  auto words = words_of(text);
  if (words.empty()) return;
  if (!whole) words.pop_back();
  needles_.push_back(std::move(words));
}

bool Wanted::in(std::string_view words) const {
  return std::ranges::all_of(needles_, [&](const auto& needle) { return words.find(needle) != words.npos; });
}

}  // namespace postern::search
