// SPDX-License-Identifier: Apache-2.0
// Keys of conversations, made and taken apart.
//
//     "US.13491208655302741918"     a person by the user id that Meta gives this business (BSUID)
//     "351910000001"                a person by their number, where no user id was told
//     "group:Y2FwaV9ncm91cA=="      a group
#pragma once
#include <postern/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace whatsapp {

inline constexpr std::string_view kGroup = "group:";

inline std::string group_thread(const std::string& group) {
  return std::string(kGroup) + group;
}

/// Two capital letters of a country, ".ENT" for those of a company's other numbers, then letters and digits.
inline bool is_user_id(std::string_view id) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_plain = [&](char c) { return is_capital(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (id.size() < 4 || !is_capital(id[0]) || !is_capital(id[1]) || id[2] != '.') return false;
  id.remove_prefix(id.substr(2).starts_with(".ENT.") ? 7 : 3);
  return !id.empty() && id.size() <= 128 && std::ranges::all_of(id, is_plain);
}

/// Writes to whom a message goes. A number is never taken apart, and a user id goes where no number is looked for.
inline void write_recipient(std::string_view thread, postern::Writer& json) {
  const bool group = thread.starts_with(kGroup);
  json.field("messaging_product", "whatsapp").field("recipient_type", group ? "group" : "individual");
  if (group)
    json.field("to", thread.substr(kGroup.size()));
  else
    json.field(is_user_id(thread) ? "recipient" : "to", thread);
}

}  // namespace whatsapp
