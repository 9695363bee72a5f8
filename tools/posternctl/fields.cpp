// SPDX-License-Identifier: Apache-2.0
#include "fields.hpp"

namespace postern::ctl {

const json::value* find(const json::value& value, std::string_view name) {
  const auto* object = value.if_object();
  return object ? object->if_contains(name) : nullptr;
}

std::string_view text(const json::value& value, std::string_view name) {
  const auto* member = find(value, name);
  const auto* string = member ? member->if_string() : nullptr;
  return string ? std::string_view(string->data(), string->size()) : std::string_view();
}

std::int64_t number(const json::value& value, std::string_view name) {
  const auto* member = find(value, name);
  if (!member) return 0;
  if (const auto* integer = member->if_int64()) return *integer;
  if (const auto* integer = member->if_uint64()) return static_cast<std::int64_t>(*integer);
  return 0;
}

bool flag(const json::value& value, std::string_view name) {
  const auto* member = find(value, name);
  return member && member->is_bool() && member->get_bool();
}

const json::array& list(const json::value& value, std::string_view name) {
  static const json::value kNothing;
  const auto* member = find(value, name);
  return items(member ? *member : kNothing);
}

const json::array& items(const json::value& value) {
  static const json::array kEmpty;
  const auto* array = value.if_array();
  return array ? *array : kEmpty;
}

std::string actor_name(std::string_view actor) {
  if (actor.starts_with("user:")) return "agent " + std::string(actor.substr(5, 8));
  if (!actor.starts_with("plugin:")) return std::string(actor);
  actor = actor.substr(0, actor.find('@'));
  return std::string(actor.substr(actor.find_last_of(":.") + 1));
}

}  // namespace postern::ctl
