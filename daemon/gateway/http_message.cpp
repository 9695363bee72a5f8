// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_message.hpp"

#include <fmt/format.h>

namespace postern::gateway {

std::string rendered(const HttpResponse& response, bool close, bool with_body) {
  const auto& status = kStatuses[status_index(response.status)];
  const std::string_view body = response.body.empty() ? status.sentence : std::string_view(response.body);
  std::string out = fmt::format("HTTP/1.1 {} {}\r\nContent-Length: {}\r\n", status.code, status.reason, body.size());
  if (!body.empty()) out += fmt::format("Content-Type: {}\r\nX-Content-Type-Options: nosniff\r\n", response.type);
  if (!response.allow.empty()) out += fmt::format("Allow: {}\r\n", response.allow);
  if (status.code == 503) out += "Retry-After: 5\r\n";
  if (close) out += "Connection: close\r\n";
  out += "\r\n";
  return with_body ? out.append(body) : out;
}

}  // namespace postern::gateway
