// SPDX-License-Identifier: Apache-2.0
// As much of HTTP/1.1 as two programs on loopback need that say Content-Length.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern::load {

/// A request or an answer; views into the bytes that it was read from.
struct HttpMessage {
  std::string_view start;  ///< "POST /path HTTP/1.1" or "HTTP/1.1 200 OK"
  std::string_view body;
  bool keep_alive = true;
  std::size_t size = 0;  ///< bytes that it took

  std::string_view method() const { return start.substr(0, start.find(' ')); }
  /// Of a request; with its query.
  std::string_view target() const;
  /// Of an answer; 0 if it is none.
  int status() const;
};

enum class Framing { whole, partial, broken };

/// The first message of `bytes`.
Framing read_http(std::string_view bytes, HttpMessage& message);

/// Appends an answer with a JSON body.
void append_answer(std::string& out, std::string_view status, std::string_view json);

}  // namespace postern::load
