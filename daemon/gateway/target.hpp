// SPDX-License-Identifier: Apache-2.0
// The target of a request, taken apart.
#pragma once
#include <optional>
#include <string_view>

#include "base/percent.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// "/path?query". Views of the text it was made of.
struct Target {
  std::string_view path, query;

  explicit Target(std::string_view target)
      : path(target.substr(0, target.find('?'))),
        query(path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view{}) {}
};

/// Names and values of a query; nothing if an escape is broken.
inline std::optional<Pairs> parse_query(std::string_view query) {
  return form_fields(query);
}

/// The value of the one pair of that name; nothing if there is none or more than one.
std::optional<std::string_view> only(const Pairs& pairs, std::string_view name);

}  // namespace postern::gateway
