// SPDX-License-Identifier: Apache-2.0
#include "screen.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <wchar.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "failure.hpp"

namespace postern::ctl {
namespace {

constexpr char32_t kBroken = 0xFFFD;

/// The character that begins at `at`, which is moved behind it. Damage reads as the replacement character.
char32_t next_character(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : -1;
  if (more < 0) return kBroken;
  char32_t value = first & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xC0) != 0x80) return kBroken;
    value = value << 6 | (byte(at++) & 0x3F);
  }
  static constexpr char32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value < 0xE000;
  return value < kLeast[more] || value > 0x10FFFF || surrogate ? kBroken : value;
}

bool is_obeyed(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F || (c >= 0x2028 && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

std::size_t width(char32_t c) {
  static const bool kReady = std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr;
  const int columns = kReady ? ::wcwidth(static_cast<wchar_t>(c)) : 1;
  return columns < 0 ? 1 : static_cast<std::size_t>(columns);
}

}  // namespace

Screen::Screen() {
  const char* terminal = std::getenv("TERM");
  const char* no_colour = std::getenv("NO_COLOR");
  colours_ = ::isatty(STDOUT_FILENO) && !(no_colour && *no_colour) && !(terminal && std::strcmp(terminal, "dumb") == 0);
}

std::string Screen::paint(Tone tone, std::string_view text) const {
  static constexpr const char* kCodes[] = {"", "1", "2", "32", "33", "31"};
  if (!colours_ || tone == Tone::plain || text.empty()) return std::string(text);
  return fmt::format("\033[{}m{}\033[0m", kCodes[static_cast<int>(tone)], text);
}

std::string printable(std::string_view text, bool lines) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const char32_t c = next_character(text, at);
    if (c == '\n' && lines)
      out += '\n';
    else if (c == '\n' || c == '\t')
      out += ' ';
    else if (c == kBroken)
      out += "\xEF\xBF\xBD";
    else if (is_obeyed(c))
      out += fmt::format("<U+{:04X}>", static_cast<unsigned>(c));
    else
      out += text.substr(begin, at - begin);
  }
  return out;
}

std::size_t columns(std::string_view text) {
  std::size_t sum = 0;
  for (std::size_t at = 0; at < text.size();) sum += width(next_character(text, at));
  return sum;
}

std::string cut(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  std::size_t sum = 0, end = 0;
  for (std::size_t at = 0; at < text.size(); end = at) {
    sum += width(next_character(text, at));
    if (sum + 1 > most) break;
  }
  return std::string(text.substr(0, end)) + "…";
}

void put(std::string_view text) {
  if (!text.empty()) std::fwrite(text.data(), 1, text.size(), stdout);
}
void line(std::string_view text) {
  put(text);
  std::fputc('\n', stdout);
}
void flush() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout))
    throw Failure(kInputOutput, std::string("cannot write to standard output: ") + std::strerror(errno));
}

}  // namespace postern::ctl
