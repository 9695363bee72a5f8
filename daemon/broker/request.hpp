// SPDX-License-Identifier: Apache-2.0
// A request as encode wrote it (plugin-api/schema/request.schema.json), for the courier.
#pragma once
#include <boost/json/fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "courier/errand.hpp"

namespace postern::broker {

struct Encoded {
  std::optional<courier::Request> request;  ///< none: it cannot be sent, for good
  std::string cannot, text;                 ///< the plugin's code and sentence
};

/// Fails, naming the field, where the plugin has broken the schema.
Result<Encoded> parse_encoded(std::string_view json);
Result<courier::Request> parse_request(const boost::json::value& value);

}  // namespace postern::broker
