// SPDX-License-Identifier: Apache-2.0
#include "bag/mail.hpp"

#include <algorithm>
#include <ctime>

#include "base/bytes.hpp"

namespace postern::bag {
namespace {

constexpr std::size_t kWord = 45;  // bytes in an encoded word, whose base64 has to fit into 75 characters
constexpr std::size_t kLine = 57;  // bytes in a line of base64 of 76 characters

bool is_plain(std::string_view text) {
  return text.size() <= 60 && std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }) &&
         text.find_first_of("=?\"<>,;:\\") == text.npos;
}

/// How much of the text fits into one word without cutting a character in two.
std::size_t whole_characters(std::string_view text) {
  std::size_t end = std::min(text.size(), kWord);
  while (end < text.size() && end > 1 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return end;
}

std::string message_id(std::int64_t index, std::string_view log) {
  std::string id = "<" + std::to_string(index) + ".";
  for (const char c : log) id += c == '/' ? '.' : c;
  return id + "@postern.invalid>";
}

std::string address(const Line& line, bool of_contact) {
  const std::string& box = of_contact ? line.contact : line.account;
  const std::string name = of_contact == (line.side == Line::Side::contact) ? line.author : box;
  return mail_text(name) + " <" + (box.empty() ? "none" : box) + (of_contact ? "@contact" : "@account") +
         ".postern.invalid>";
}

}  // namespace

std::string mail_date(Micros at) {
  const std::time_t seconds = at / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d +0000", kDays[parts.tm_wday], parts.tm_mday,
                kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return text;
}

std::string mail_text(std::string_view raw) {
  if (is_plain(raw)) return std::string(raw);
  std::string one_line(raw);
  for (char& c : one_line)
    if ((c >= 0 && c < 0x20) || c == 0x7f) c = ' ';
  std::string_view text = one_line;
  std::string out;
  for (std::size_t words = 0; !text.empty() && words < 10; ++words) {
    const auto end = whole_characters(text);
    out.append(out.empty() ? "" : "\r\n ").append("=?UTF-8?B?").append(base64(view(text.substr(0, end)))).append("?=");
    text.remove_prefix(end);
  }
  return out;
}

std::string mail_base64(std::string_view bytes) {
  std::string out;
  for (; !bytes.empty(); bytes.remove_prefix(std::min(kLine, bytes.size())))
    out.append(base64(view(bytes.substr(0, kLine)))).append("\r\n");
  return out;
}

std::string mail_of(const Line& line, std::string_view log) {
  const bool from_contact = line.side == Line::Side::contact;
  std::string out = "From: " + address(line, from_contact) + "\r\nTo: " + address(line, !from_contact) + "\r\n";
  out += "Date: " + mail_date(line.at) + "\r\nMessage-ID: " + message_id(static_cast<std::int64_t>(line.index), log) +
         "\r\n";
  if (line.cause) out += "In-Reply-To: " + message_id(*line.cause, log) + "\r\n";
  out += "Subject: " + mail_text(line.platform + " conversation " + line.conversation.substr(0, 8)) + "\r\n";
  out +=
      "X-Postern-Record: " + std::to_string(line.index) + "\r\nX-Postern-Conversation: " + line.conversation + "\r\n";
  out += "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  return out + mail_base64(line.erased ? "(erased)" : line.text);
}

}  // namespace postern::bag
