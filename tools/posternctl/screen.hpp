// SPDX-License-Identifier: Apache-2.0
// The terminal: colours where there is one and NO_COLOR is not set, and texts of strangers made harmless.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace postern::ctl {

enum class Tone { plain, strong, faint, good, warning, bad };

class Screen {
 public:
  /// Colours if standard output is a terminal that wants them.
  Screen();

  std::string paint(Tone tone, std::string_view text) const;

 private:
  bool colours_;
};

/// The text without what a terminal would obey: control characters and those that turn the direction of writing are
/// shown as <U+001B>; line ends and tabs become spaces, or stay if `lines`. Names and messages come from anybody.
std::string printable(std::string_view text, bool lines = false);

/// Columns that the text takes in a terminal.
std::size_t columns(std::string_view text);

/// At most so many columns, the last of them an ellipsis if something was cut.
std::string cut(std::string_view text, std::size_t most);

/// Appends to standard output.
void put(std::string_view text);
/// The same, with a line end.
void line(std::string_view text = {});
/// Writes out what waits; throws Failure if standard output does not take it.
void flush();

}  // namespace postern::ctl
