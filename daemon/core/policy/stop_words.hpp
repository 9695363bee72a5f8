// SPDX-License-Identifier: Apache-2.0
// Does somebody ask to be left alone? Only a message that says nothing else counts, since "don't stop" is no STOP.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postern::core::policy {

enum class Wish : std::uint8_t { none, stop, start };

/// In any of the languages of `stop_words`, whatever its case, with or without punctuation. `more`: words besides.
Wish wish_of(std::string_view text, std::span<const std::string> more = {});

struct StopWord {
  std::string_view language;  ///< ISO 639-1
  std::string_view word;      ///< folded
};
std::span<const StopWord> stop_words();

/// Lower case for Latin, Greek and Cyrillic letters; other scripts have none. Bytes that are no UTF-8 stay.
std::string folded(std::string_view text);
/// Is the word in the text, in any case, with no letter before or after it?
bool contains_word(std::string_view text, std::string_view word);

}  // namespace postern::core::policy
