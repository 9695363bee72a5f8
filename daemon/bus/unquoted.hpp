// SPDX-License-Identifier: Apache-2.0
// What a plugin says when it fails goes into the log and to tools that may not see content; so what it quotes of the
// call does not. Pure; any thread.
#pragma once
#include <string>
#include <vector>

#include "bus/call.hpp"

namespace postern::bus {

/// The text with "…" for whatever it shares with a text of the call's arguments: runs of eight bytes and more, and
/// whole names and words of four and more. What stands there in a fixed set of words (kinds, types, times) may stay.
std::string unquoted(const std::string& text, const std::vector<Argument>& arguments);

}  // namespace postern::bus
