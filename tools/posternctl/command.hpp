// SPDX-License-Identifier: Apache-2.0
// Asks the daemon for something that is done once, however often it is asked.
#pragma once
#include <string>
#include <string_view>

#include "session.hpp"

namespace postern::ctl {

/// With the caller's own id; an empty one: a new one, which is told if the answer got lost.
json::value command(Session& session, std::string_view method, json::object params, const std::string& id,
                    Micros patience = 5 * kSecond);

}  // namespace postern::ctl
