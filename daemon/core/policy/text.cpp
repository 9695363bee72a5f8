// SPDX-License-Identifier: Apache-2.0
#include "core/policy/text.hpp"

#include <algorithm>

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

/// Ends a sentence if a space follows.
bool is_stop(std::string_view cluster) {
  return cluster == "." || cluster == "!" || cluster == "?" || cluster == "…" || cluster == "؟" || cluster == "।";
}

/// Ends a sentence by itself: these scripts put no space behind it.
bool is_wide_stop(std::string_view cluster) {
  return cluster == "。" || cluster == "！" || cluster == "？";
}

/// Places at which a part that begins at `begin` may end, found while reading on. Zero: none yet.
struct Breaks {
  std::size_t paragraph = 0, sentence = 0, space = 0, cluster = 0;
};

/// Where the part that begins at `begin` has to end.
std::size_t part_end(std::string_view text, std::size_t begin, Unit unit, std::int64_t max) {
  Breaks breaks;
  std::int64_t used = 0;
  std::string_view before, before_that;
  std::size_t at = begin;
  while (at < text.size()) {
    const std::size_t end = cluster_end(text, at);
    const std::string_view cluster = text.substr(at, end - at);
    used += length(cluster, unit);
    if (used > max) break;
    const bool half_full = used * 2 >= max;
    if (is_space(cluster)) {
      breaks.space = end;
      if (half_full && is_stop(before)) breaks.sentence = end;
      if (half_full && is_line_end(cluster) && is_line_end(before)) breaks.paragraph = end;
    } else if (half_full && is_wide_stop(cluster)) {
      breaks.sentence = end;
    }
    breaks.cluster = end;
    before = cluster;
    at = end;
  }
  if (at == text.size()) return at;
  for (const std::size_t end : {breaks.paragraph, breaks.sentence, breaks.space, breaks.cluster})
    if (end != 0) return end;

  // One cluster alone is longer than a part may be. Only here it is cut, between code points.
  std::size_t end = begin;
  for (used = 0; end < text.size();) {
    std::size_t next = end + 1;
    while (next < text.size() && is_continuation(text[next])) ++next;
    used += length(text.substr(end, next - end), unit);
    if (used > max && end != begin) break;
    end = next;
  }
  return end;
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
  }
  return "";
}

std::int64_t length(std::string_view text, Unit unit) {
  if (unit == Unit::bytes) return static_cast<std::int64_t>(text.size());
  std::int64_t count = 0;
  for (const char c : text) {
    if (!is_continuation(c)) ++count;
    if (unit == Unit::utf16 && static_cast<unsigned char>(c) >= 0xF0) ++count;  // beyond the first plane: a pair
  }
  return count;
}

std::vector<std::string> split(std::string_view text, Unit unit, std::int64_t max) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = part_end(text, begin, unit, std::max<std::int64_t>(max, 1));
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end;
  }
  return parts;
}

}  // namespace postern::core::policy
