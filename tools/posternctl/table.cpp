// SPDX-License-Identifier: Apache-2.0
#include "table.hpp"

#include <algorithm>

namespace postern::ctl {

void Table::add(std::vector<Cell> cells) {
  for (auto& cell : cells) cell.text = printable(cell.text);
  rows_.push_back(std::move(cells));
}

void Table::print(const Screen& screen) const {
  std::vector<std::size_t> widths;
  for (const auto& head : heads_) widths.push_back(columns(head));
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i].text));

  const auto print_row = [&](const std::vector<Cell>& row) {
    std::string out;
    std::size_t owed = 0;  // blanks that are written only if something follows
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::size_t blanks = widths[i] - columns(row[i].text);
      if (!row[i].text.empty()) {
        out.append(owed + (row[i].right ? blanks : 0), ' ').append(screen.paint(row[i].tone, row[i].text));
        owed = row[i].right ? 2 : blanks + 2;
      } else {
        owed += blanks + 2;
      }
    }
    line(out);
  };
  std::vector<Cell> heads;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    heads.emplace_back(heads_[i], Tone::faint);
    heads.back().right = !rows_.empty() && rows_.front()[i].right;
  }
  print_row(heads);
  for (const auto& row : rows_) print_row(row);
}

}  // namespace postern::ctl
