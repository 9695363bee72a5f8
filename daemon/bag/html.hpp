// SPDX-License-Identifier: Apache-2.0
// A conversation as a page that a person reads and prints. No script, nothing from elsewhere. Pure; any thread.
#pragma once
#include <string>

#include "bag/line.hpp"

namespace postern::bag {

std::string html_head(std::string_view title, std::string_view about);
std::string html_line(const Line& line);
std::string html_tail();
/// Text that cannot become markup. Control characters, and those that turn the direction of what follows, are shown as
/// U+FFFD: who reads a page must see what was written.
std::string html_text(std::string_view text);

}  // namespace postern::bag
