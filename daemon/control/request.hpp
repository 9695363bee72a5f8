// SPDX-License-Identifier: Apache-2.0
// A JSON-RPC 2.0 request as a tool sent it, and the texts that go back.
#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace postern::control {

/// Codes of docs/protocol.md, beside those of JSON-RPC itself.
inline constexpr int kParseError = -32700, kInvalidRequest = -32600, kNoMethod = -32601, kInvalidParams = -32602,
                     kInternal = -32603, kNotFound = -32004, kBusy = -32005, kRefused = -32010, kNotAllowed = -32011,
                     kNotTaken = -32020, kNotDone = -32021;

struct Request {
  std::string id = "null";  ///< JSON of the caller's id, to be sent back as it came
  std::string method;
  boost::json::object params;
};

struct Refusal {
  int code;
  std::string message;
  std::string id = "null";
};

tl::expected<Request, Refusal> parse_request(std::string_view json);

/// Both take JSON texts as they are.
std::string result_text(std::string_view id, std::string_view result);
std::string error_text(std::string_view id, std::string_view error);
/// A JSON-RPC error object.
std::string error_object(int code, std::string_view message);

}  // namespace postern::control
