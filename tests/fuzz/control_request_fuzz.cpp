// SPDX-License-Identifier: Apache-2.0
// Any bytes on the control socket: what is answered is JSON-RPC with the id of the question, if that has one.
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "control/request.hpp"

using namespace postern::control;
namespace json = boost::json;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto request = parse_request(text);
  const std::string id = request ? request->id : request.error().id;
  const std::string answer = request ? result_text(id, json::serialize(request->params))
                                     : error_text(id, error_object(request.error().code, request.error().message));
  json::error_code error;
  const auto read = json::parse(answer, error);
  if (error || json::serialize(read.at("id")) != id) std::abort();
  if (read.as_object().contains("result") != request.has_value()) std::abort();
  return 0;
}
