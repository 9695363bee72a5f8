// SPDX-License-Identifier: Apache-2.0
#include "load/http.hpp"

#include <strings.h>

#include <charconv>

namespace postern::load {
namespace {

constexpr std::size_t kLargestHead = 16'384;

/// The value, if `line` is the header of that name.
std::optional<std::string_view> value_of(std::string_view line, std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':') return {};
  if (strncasecmp(line.data(), name.data(), name.size()) != 0) return {};
  line.remove_prefix(name.size() + 1);
  while (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

bool read_number(std::string_view text, std::size_t& number) {
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

}  // namespace

std::string_view HttpMessage::target() const {
  const auto first = start.find(' '), last = start.rfind(' ');
  return first == last ? std::string_view() : start.substr(first + 1, last - first - 1);
}

int HttpMessage::status() const {
  std::size_t number = 0;
  return start.starts_with("HTTP/") && read_number(start.substr(start.find(' ') + 1), number) ? static_cast<int>(number)
                                                                                              : 0;
}

Framing read_http(std::string_view bytes, HttpMessage& message) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return bytes.size() > kLargestHead ? Framing::broken : Framing::partial;
  message = {};
  std::string_view head = bytes.substr(0, end);
  message.start = head.substr(0, head.find("\r\n"));
  std::size_t length = 0;
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    const auto line = head.substr(0, head.find("\r\n"));
    if (const auto value = value_of(line, "content-length")) {
      if (!read_number(*value, length)) return Framing::broken;
    } else if (const auto connection = value_of(line, "connection")) {
      message.keep_alive = strncasecmp(connection->data(), "close", 5) != 0;
    } else if (value_of(line, "transfer-encoding")) {
      return Framing::broken;
    }
  }
  message.size = end + 4 + length;
  if (bytes.size() < message.size) return Framing::partial;
  message.body = bytes.substr(end + 4, length);
  return Framing::whole;
}

void append_answer(std::string& out, std::string_view status, std::string_view json) {
  out.append("HTTP/1.1 ").append(status).append("\r\nContent-Type: application/json\r\nContent-Length: ");
  out.append(std::to_string(json.size())).append("\r\n\r\n").append(json);
}

}  // namespace postern::load
