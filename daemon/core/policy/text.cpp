// SPDX-License-Identifier: Apache-2.0
#include "core/policy/text.hpp"

#include <algorithm>

#include "core/policy/weight.hpp"

namespace postern::core::policy {
namespace {

constexpr bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool is_space(std::string_view cluster) {
  return cluster == " " || cluster == "\n" || cluster == "\r\n" || cluster == "\t" || cluster == "\u3000";
}

bool is_line_end(std::string_view cluster) {
  return cluster == "\n" || cluster == "\r\n";
}

/// Does a sentence end with it, if a space follows?
bool ends_sentence(std::string_view piece) {
  return piece.ends_with('.') || piece.ends_with('!') || piece.ends_with('?') || piece == "…" || piece == "؟" ||
         piece == "।";
}

/// Ends a sentence by itself: these scripts put no space behind it.
bool is_wide_stop(std::string_view cluster) {
  return cluster == "。" || cluster == "！" || cluster == "？";
}

/// What is counted as one: in X's unit perhaps a whole word, in all others a grapheme cluster.
Piece piece(std::string_view text, std::size_t at, Unit unit) {
  if (unit == Unit::weighted) return weighed_piece(text, at);
  const std::size_t end = cluster_end(text, at);
  return {end, length(text.substr(at, end - at), unit)};
}

/// Where one cluster or word has to be cut that alone is longer than a part may be: between code points.
std::size_t cut(std::string_view text, Unit unit, std::int64_t max) {
  std::size_t end = 0;
  for (std::int64_t used = 0; end < text.size();) {
    const std::size_t next = end + code_point(text, end).size;
    used = unit == Unit::weighted ? length(text.substr(0, next), unit)  // the start of a link weighs as one
                                  : used + length(text.substr(end, next - end), unit);
    if (used > max && end != 0) break;
    end = next;
  }
  return end;
}

/// Places at which a part may end, found while reading on. Zero: none yet.
struct Breaks {
  std::size_t paragraph = 0, sentence = 0, space = 0, piece = 0;
};

/// Where the first part of the text has to end.
std::size_t part_end(std::string_view text, Unit unit, std::int64_t max) {
  Breaks breaks;
  std::int64_t used = 0;
  std::string_view before;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto [end, units] = piece(text, at, unit);
    used += units;
    if (used > max) break;
    const std::string_view here = text.substr(at, end - at);
    const bool half_full = used * 2 >= max;
    if (is_space(here)) {
      breaks.space = end;
      if (half_full && ends_sentence(before)) breaks.sentence = end;
      if (half_full && is_line_end(here) && is_line_end(before)) breaks.paragraph = end;
    } else if (half_full && is_wide_stop(here)) {
      breaks.sentence = end;
    }
    breaks.piece = end;
    before = here;
    at = end;
  }
  if (at == text.size()) return at;
  for (const std::size_t end : {breaks.paragraph, breaks.sentence, breaks.space, breaks.piece})
    if (end != 0) return end;
  return cut(text, unit, max);
}

}  // namespace

std::string_view name(Unit unit) {
  switch (unit) {
    case Unit::codepoints:
      return "characters";
    case Unit::bytes:
      return "bytes";
    case Unit::utf16:
      return "UTF-16 units";
    case Unit::weighted:
      return "weighted characters";
  }
  return "";
}

std::int64_t length(std::string_view text, Unit unit) {
  if (unit == Unit::bytes) return static_cast<std::int64_t>(text.size());
  std::int64_t count = 0;
  if (unit == Unit::weighted) {
    for (std::size_t at = 0; at < text.size();) {
      const auto [end, weight] = weighed_piece(text, at);
      count += weight;
      at = end;
    }
    return count;
  }
  for (const char c : text) {
    if (!is_continuation(c)) ++count;
    if (unit == Unit::utf16 && static_cast<unsigned char>(c) >= 0xF0) ++count;  // beyond the first plane: a pair
  }
  return count;
}

std::vector<std::string> split(std::string_view text, Unit unit, std::int64_t max) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = begin + part_end(text.substr(begin), unit, std::max<std::int64_t>(max, 1));
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

}  // namespace postern::core::policy
