// SPDX-License-Identifier: Apache-2.0
// Lines as CSV (RFC 4180) that a spreadsheet does not take for formulas. Pure; any thread.
#pragma once
#include <string>

#include "bag/line.hpp"

namespace postern::bag {

/// The names of the columns, ended by CR LF as each row is.
std::string csv_head();
std::string csv_row(const Line& line);
/// One cell, always in quotes. What a spreadsheet would calculate (= + - @, TAB, CR in front) gets an apostrophe.
std::string csv_cell(std::string_view text);

}  // namespace postern::bag
