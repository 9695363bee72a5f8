// SPDX-License-Identifier: Apache-2.0
#include "control/request.hpp"

#include <boost/json.hpp>

#include "core/json_text.hpp"

namespace postern::control {

namespace json = boost::json;

tl::expected<Request, Refusal> parse_request(std::string_view text) {
  json::error_code code;
  json::value value = json::parse(json::string_view(text.data(), text.size()), code);
  if (code) return tl::unexpected(Refusal{kParseError, "the request is no JSON: " + code.message()});
  auto* object = value.if_object();
  if (!object) return tl::unexpected(Refusal{kInvalidRequest, "expected one JSON-RPC 2.0 request object"});
  Request request;
  if (const auto* id = object->if_contains("id")) {
    if (!id->is_string() && !id->is_int64() && !id->is_null())
      return tl::unexpected(Refusal{kInvalidRequest, "id: expected a string or a whole number"});
    request.id = json::serialize(*id);
  }
  const auto* version = object->if_contains("jsonrpc");
  if (!version || !version->is_string() || version->get_string() != "2.0")
    return tl::unexpected(Refusal{kInvalidRequest, "jsonrpc: expected \"2.0\"", request.id});
  const auto* method = object->if_contains("method");
  if (!method || !method->is_string())
    return tl::unexpected(Refusal{kInvalidRequest, "method: expected a string", request.id});
  request.method = method->get_string().c_str();
  if (auto* params = object->if_contains("params")) {
    if (!params->is_object()) return tl::unexpected(Refusal{kInvalidParams, "params: expected an object", request.id});
    request.params = std::move(params->get_object());
  }
  return request;
}

std::string result_text(std::string_view id, std::string_view result) {
  std::string out;
  core::JsonObject(out).add("jsonrpc", "2.0").raw("id", id).raw("result", result).end();
  return out;
}

std::string error_text(std::string_view id, std::string_view error) {
  std::string out;
  core::JsonObject(out).add("jsonrpc", "2.0").raw("id", id).raw("error", error).end();
  return out;
}

std::string error_object(int code, std::string_view message) {
  std::string out;
  core::JsonObject(out).add("code", code).add("message", message).end();
  return out;
}

}  // namespace postern::control
