// SPDX-License-Identifier: Apache-2.0
#include "bag/csv.hpp"

namespace postern::bag {

std::string csv_cell(std::string_view text) {
  std::string out = "\"";
  // Also behind blanks, which spreadsheets strip, and for the full-width forms, which some of them take for the others.
  const auto first = text.find_first_not_of(" \n");
  if (first != text.npos) {
    const auto rest = text.substr(first);
    const bool wide = rest.starts_with("\uff1d") || rest.starts_with("\uff0b") || rest.starts_with("\uff0d") ||
                      rest.starts_with("\uff20");
    if (wide || std::string_view("=+-@\t\r").find(rest.front()) != std::string_view::npos) out += '\'';
  }
  for (const char c : text) {
    if (c == '"') out += '"';
    if (c != '\0') out += c;
  }
  return out + '"';
}

std::string csv_head() {
  return "record,time,account,platform,conversation,contact,side,author,type,outcome,decision,cause,text\r\n";
}

std::string csv_row(const Line& line) {
  const char* side = line.side == Line::Side::contact ? "contact" : line.side == Line::Side::brand ? "brand" : "note";
  const std::string cells[] = {std::to_string(line.index),
                               rfc3339(line.at),
                               csv_cell(line.account),
                               csv_cell(line.platform),
                               csv_cell(line.conversation),
                               csv_cell(line.contact),
                               side,
                               csv_cell(line.author),
                               csv_cell(line.type),
                               csv_cell(line.outcome),
                               csv_cell(line.decision),
                               line.cause ? std::to_string(*line.cause) : "",
                               csv_cell(line.erased ? "(erased)" : line.text)};
  std::string out;
  for (const auto& cell : cells) out.append(out.empty() ? "" : ",").append(cell);
  return out + "\r\n";
}

}  // namespace postern::bag
