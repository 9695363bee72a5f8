// SPDX-License-Identifier: Apache-2.0
// Rows with aligned columns.
#pragma once
#include <string>
#include <vector>

#include "screen.hpp"

namespace postern::ctl {

struct Cell {
  Cell(std::string cell_text, Tone cell_tone = Tone::plain) : text(std::move(cell_text)), tone(cell_tone) {}
  Cell(std::string_view cell_text) : text(cell_text) {}
  Cell(const char* cell_text) : text(cell_text) {}
  Cell(std::int64_t number) : text(std::to_string(number)), right(true) {}

  std::string text;
  Tone tone = Tone::plain;
  bool right = false;  ///< numbers stand at the right
};

class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

  /// As many cells as there are heads. Texts are made printable here.
  void add(std::vector<Cell> cells);
  bool empty() const { return rows_.empty(); }
  void print(const Screen& screen) const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace postern::ctl
