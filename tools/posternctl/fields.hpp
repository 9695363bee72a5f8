// SPDX-License-Identifier: Apache-2.0
// Reading the daemon's answers: what is absent or of another type reads as empty, so that a tool of this version can
// show what an older or newer daemon says.
#pragma once
#include <boost/json.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::ctl {

namespace json = boost::json;

/// The member of an object; null if there is none, or `value` is no object.
const json::value* find(const json::value& value, std::string_view name);
std::string_view text(const json::value& value, std::string_view name);
std::int64_t number(const json::value& value, std::string_view name);
bool flag(const json::value& value, std::string_view name);
/// The items of a member that is a list.
const json::array& list(const json::value& value, std::string_view name);
/// The items of a list. They live as long as `value`.
const json::array& items(const json::value& value);

/// Who did something, short: "echo" of "plugin:org.postern.echo@1.0.0", "agent 1a2b3c4d" of "user:1a2b3c4d…".
std::string actor_name(std::string_view actor);

}  // namespace postern::ctl
