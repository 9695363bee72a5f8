// SPDX-License-Identifier: Apache-2.0
#include "bag/html.hpp"

namespace postern::bag {
namespace {

constexpr std::string_view kStyle = R"(
body{font:15px/1.45 sans-serif;max-width:46em;margin:2em auto;padding:0 1em;color:#111;background:#fff}
h1{font-size:1.3em}.about,.note{color:#555;font-size:.85em}.note{margin:.3em 0}
.contact,.brand{border:1px solid #999;border-radius:.6em;padding:.4em .7em;margin:.5em 0;break-inside:avoid}
.contact{margin-right:20%}.brand{margin-left:20%;background:#f2f2f2}
.who{font-size:.85em;color:#333}.said{white-space:pre-wrap;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}.brand{background:none}}
)";

/// Bytes of a character that must not reach a page; 0: it may.
std::size_t hidden(std::string_view rest) {
  const auto c = static_cast<unsigned char>(rest.front());
  if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f) return 1;
  if (rest.size() >= 2 && c == 0xc2 && static_cast<unsigned char>(rest[1]) < 0xa0) return 2;  // C1
  if (rest.size() < 3 || c != 0xe2) return 0;
  const auto second = static_cast<unsigned char>(rest[1]), third = static_cast<unsigned char>(rest[2]);
  const bool turns =
      (second == 0x80 && third >= 0xaa && third <= 0xae) || (second == 0x81 && third >= 0xa6 && third <= 0xa9);
  return turns ? 3 : 0;
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    if (const auto bytes = hidden(text)) {
      out += "\uFFFD";
      taken = bytes;
    } else if (const auto at = std::string_view("&<>\"'").find(text.front()); at != std::string_view::npos) {
      static constexpr const char* kNames[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
      out += kNames[at];
    } else {
      out += text.front();
    }
    text.remove_prefix(taken);
  }
  return out;
}

std::string html_head(std::string_view title, std::string_view about) {
  std::string out = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
  out.append("<title>").append(html_text(title)).append("</title>\n<style>").append(kStyle).append("</style>\n");
  out.append("</head>\n<body>\n<h1><bdi>").append(html_text(title)).append("</bdi></h1>\n");
  return out.append("<p class=\"about\">").append(html_text(about)).append("</p>\n");
}

std::string html_line(const Line& line) {
  const std::string when = "<time>" + rfc3339(line.at) + "</time>";
  const std::string number = "#" + std::to_string(line.index);
  const std::string verdict = line.decision.empty() ? "" : " \u00b7 " + html_text(line.decision);
  const std::string said = line.erased ? "(erased)" : html_text(line.text);
  if (line.side == Line::Side::note)
    return "<p class=\"note\">" + when + " " + number + " " + html_text(line.type) + " " + html_text(line.outcome) +
           verdict + (said.empty() ? "" : "<br><span dir=\"auto\" class=\"said\">" + said + "</span>") + "</p>\n";
  return std::string("<div class=\"") + (line.side == Line::Side::contact ? "contact" : "brand") +
         "\">\n<div class=\"who\"><bdi>" + html_text(line.author) + "</bdi> \u00b7 " + when + " \u00b7 " + number +
         verdict + "</div>\n<div class=\"said\" dir=\"auto\">" + said + "</div>\n</div>\n";
}

std::string html_tail() {
  return "</body>\n</html>\n";
}

}  // namespace postern::bag
