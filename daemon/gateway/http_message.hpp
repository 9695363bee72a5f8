// SPDX-License-Identifier: Apache-2.0
// Requests and responses of HTTP/1.1 as the gateway sees them, and the statuses it knows.
#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern::gateway {

struct Status {
  int code;
  std::string_view reason;    ///< of the status line
  std::string_view sentence;  ///< the body where nobody says more
};

inline constexpr std::array<Status, 13> kStatuses{{
    {200, "OK", ""},
    {400, "Bad Request", "The request is malformed."},
    {403, "Forbidden", "The signature or token is missing or wrong."},
    {404, "Not Found", "There is nothing at this path."},
    {405, "Method Not Allowed", "This path does not take this method."},
    {408, "Request Timeout", "The request took too long to arrive."},
    {409, "Conflict", "The state is another one than the request says."},
    {413, "Content Too Large", "The body is larger than this server takes."},
    {417, "Expectation Failed", "The only expectation met here is 100-continue."},
    {422, "Unprocessable Entity", "What the request says does not hold."},
    {431, "Request Header Fields Too Large", "The header is larger than this server takes."},
    {500, "Internal Server Error", "The server failed to answer."},
    {503, "Service Unavailable", "The server cannot take this now; try again in a few seconds."},
}};

/// Where `code` stands in kStatuses; an unknown one counts, and is answered, as 500.
constexpr std::size_t status_index(int code) {
  constexpr auto kUnknown = std::size_t{11};
  const auto found = std::find_if(kStatuses.begin(), kStatuses.end(), [&](const Status& s) { return s.code == code; });
  return found == kStatuses.end() ? kUnknown : static_cast<std::size_t>(found - kStatuses.begin());
}
static_assert(kStatuses[status_index(0)].code == 500);

/// Why a request cannot be served. `sentence` is static text.
struct Fault {
  int status = 400;
  std::string_view sentence;
};

/// ASCII letters alike, whatever their case: how names of header fields compare.
inline bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

struct HttpField {
  std::string_view name, value;
};

/// A request. The views point into the buffer of the connection and live until the request has been answered; the
/// body is its own and may be moved away.
struct HttpRequest {
  std::string_view method, target;
  int version = 11;  ///< 10 or 11
  bool keep_alive = false;
  std::vector<HttpField> fields;
  std::string body;

  std::size_t count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(fields.begin(), fields.end(), [&](const HttpField& f) { return same_name(f.name, name); }));
  }
  /// The value of the one field of that name; nothing if there is none or more than one, since two readers of an
  /// ambiguous request may choose differently.
  std::optional<std::string_view> only(std::string_view name) const {
    std::optional<std::string_view> found;
    for (const auto& field : fields) {
      if (!same_name(field.name, name)) continue;
      if (found) return std::nullopt;
      found = field.value;
    }
    return found;
  }
};

struct HttpResponse {
  int status = 200;
  std::string body = {};                                ///< empty: the sentence of the status
  std::string_view type = "text/plain; charset=utf-8";  ///< static text
  std::string_view allow = {};                          ///< for 405, static text: "POST"
};

/// The bytes of a response. `close`: the connection ends with it. A response to HEAD is the same `with_body` false.
std::string rendered(const HttpResponse& response, bool close, bool with_body = true);

}  // namespace postern::gateway
