// SPDX-License-Identifier: Apache-2.0
#include "gateway/target.hpp"

namespace postern::gateway {

std::optional<std::string_view> only(const Pairs& pairs, std::string_view name) {
  std::optional<std::string_view> found;
  for (const auto& [key, value] : pairs) {
    if (key != name) continue;
    if (found) return std::nullopt;
    found = value;
  }
  return found;
}

}  // namespace postern::gateway
