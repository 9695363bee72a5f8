// SPDX-License-Identifier: Apache-2.0
// Half an emoji. Platforms cut texts in the middle of a UTF-16 pair and write what is left as "\ud83d", which is not a
// character and which JSON parsers refuse: the whole webhook with it.
#pragma once
#include <charconv>
#include <string>
#include <string_view>

namespace postern {
inline namespace sdk_v1 {

/// The JSON text with each escape of half a pair replaced by the escape of U+FFFD.
inline std::string replace_lone_surrogates(std::string_view json) {
  const auto unit_at = [json](std::size_t at) {  // the code unit that is escaped there, 0 if none is
    unsigned unit = 0;
    if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u') return 0u;
    const char* end = json.data() + at + 6;
    return std::from_chars(end - 4, end, unit, 16).ptr == end ? unit : 0u;
  };
  const auto leads = [](unsigned unit) { return unit >= 0xD800 && unit < 0xDC00; };
  const auto trails = [](unsigned unit) { return unit >= 0xDC00 && unit < 0xE000; };
  std::string out;
  out.reserve(json.size());
  for (std::size_t at = 0; at < json.size();) {
    std::size_t length = json[at] == '\\' ? 2 : 1;
    if (const unsigned unit = unit_at(at); leads(unit) && trails(unit_at(at + 6))) {
      length = 12;
    } else if (leads(unit) || trails(unit)) {
      out += "\\ufffd";
      at += 6;
      continue;
    }
    out += json.substr(at, length);
    at += length;
  }
  return out;
}

}  // namespace sdk_v1
}  // namespace postern
