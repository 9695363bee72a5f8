// SPDX-License-Identifier: Apache-2.0
// A TOML document with the place of each key and value, independent of the library that parsed it.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "config/problem.hpp"

namespace postern::config {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { text, integer, real, boolean, date, list, table } kind = Kind::table;
  Place place;
  std::string text;         ///< text; date: as it would be written
  std::int64_t number = 0;  ///< integer; boolean: 0 or 1; date: the begin of the day in UTC, as Micros
  double real = 0;
  std::vector<Node> items;      ///< list
  std::vector<Member> members;  ///< table, in the order of the file

  /// Null if there is no such member.
  const Node* find(std::string_view name) const;
  /// `the string "ten"`, `the integer 5`, `a table`: what a message says was found. Long texts are cut.
  std::string described() const;
};

struct Member {
  std::string name;
  Place place;  ///< of the key
  Node value;
};

/// Parses. What the text breaks of TOML, or of the limits below, becomes a problem, and then there is no document.
/// toml++ 3.3 overflows the stack on a key of some ten thousand parts, so a line with more than 1,000 dots is refused
/// before it is parsed; a file has at most 1 MiB.
std::optional<Node> parse_document(std::string_view text, std::string_view file, Problems& problems);

inline constexpr std::size_t kLongestFile = 1 << 20;

/// Lays `over` on top of `base`: tables merge, anything else replaces.
void merge(Node& base, Node&& over);

}  // namespace postern::config
