// SPDX-License-Identifier: Apache-2.0
// The length of a text as a platform counts it, and how a text that is too long is cut without hurting it. All texts
// are UTF-8; a byte that is not valid there counts as one character of its own. Pure; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::core::policy {

/// What a platform's limit counts: Unicode code points, bytes of UTF-8, UTF-16 code units, or X's weights (weight.hpp).
enum class Unit : std::uint8_t { codepoints, bytes, utf16, weighted };
std::string_view name(Unit unit);

std::int64_t length(std::string_view text, Unit unit);

/// Splits so that joining the parts gives the text again, each part at most `max` units; at paragraphs, else at
/// sentences, else at spaces, never inside a grapheme cluster (unless one alone is longer than `max`: then between
/// code points). A paragraph or sentence ends a part only if that part is at least half full. `max` is at least 1.
/// Of X's weights a word in ASCII, and so a link, is cut only if it alone is longer than `max`.
std::vector<std::string> split(std::string_view text, Unit unit, std::int64_t max);

/// One code point and its size in bytes. A byte that begins no valid sequence is a code point of its own, U+FFFD.
struct CodePoint {
  char32_t code = 0;
  std::size_t size = 1;
};
CodePoint code_point(std::string_view text, std::size_t at);

/// The end of the grapheme cluster ("user-perceived character") that begins at byte `at`; the size of the text at
/// most. Extended clusters of Unicode's UAX #29, with two simplifications that only ever join more: whatever follows a
/// zero-width joiner belongs to it, and every mark (category M) belongs to what stands before it.
std::size_t cluster_end(std::string_view text, std::size_t at);

}  // namespace postern::core::policy
