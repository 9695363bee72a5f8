// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rule.hpp"

namespace postern::core::policy {
namespace {

template <typename T>
const T& value_of(const Rule& rule, std::string_view name) {
  static const T kNone{};
  for (const auto& [key, value] : rule.values)
    if (key == name)
      if (const T* found = std::get_if<T>(&value)) return *found;
  return kNone;
}

}  // namespace

std::int64_t Rule::number(std::string_view name) const {
  return value_of<std::int64_t>(*this, name);
}
const std::string& Rule::text(std::string_view name) const {
  return value_of<std::string>(*this, name);
}
const std::vector<std::string>& Rule::list(std::string_view name) const {
  return value_of<std::vector<std::string>>(*this, name);
}

const RuleKind* rule_kind(std::string_view name) {
  for (const RuleKind& kind : rule_kinds())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::string words(Micros length) {
  struct {
    Micros size;
    const char* name;
  } constexpr kUnits[] = {{kDay, " d"}, {kHour, " h"}, {kMinute, " min"}, {kSecond, " s"}, {kMilli, " ms"}};
  for (const auto& unit : kUnits)
    if (length >= 2 * unit.size && length % unit.size == 0) return std::to_string(length / unit.size) + unit.name;
  return std::to_string(length / kSecond) + " s";
}

std::string too_long(std::string_view what, std::int64_t found, std::int64_t max, std::string_view unit) {
  return std::string(what) + " has " + std::to_string(found) + " " + std::string(unit) + ", the platform takes " +
         std::to_string(max) + ": shorten it";
}

}  // namespace postern::core::policy
