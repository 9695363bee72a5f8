// SPDX-License-Identifier: Apache-2.0
// How a plugin's facts say that a credential is refreshed (plugin-api/schema/facts.schema.json, "refresh").
#pragma once
#include <boost/json/fwd.hpp>
#include <optional>
#include <set>
#include <string>

#include "base/error.hpp"
#include "courier/errand.hpp"

namespace postern::broker {

struct RefreshFacts {
  courier::Request request;  ///< with places
  courier::Grant grant;
  std::set<std::string> takes;      ///< credentials that the request is made with
  std::string base_url;             ///< where the request goes; empty: where all others go
  std::string before, first_after;  ///< durations as people write them; empty: not said
  std::string only_at;              ///< the base URL at which accounts must be; empty: any
  bool single_use = true;
};

/// Of the first credential in `facts` that has one; none: nothing is refreshed. Fails, naming the member, where the
/// facts break the schema.
Result<std::optional<RefreshFacts>> parse_refresh(const boost::json::object& facts);

}  // namespace postern::broker
