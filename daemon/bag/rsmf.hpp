// SPDX-License-Identifier: Apache-2.0
// What was said in a conversation, in the Relativity Short Message Format 2.0, which e-discovery tools import: a mail
// with one attachment, rsmf.zip, that holds rsmf_manifest.json. Pure; any thread.
#pragma once
#include <span>
#include <string>

#include "bag/line.hpp"
#include "base/error.hpp"

namespace postern::bag {

/// Of one conversation and no empty list; words only, no notes. `log` is the ledger's origin.
Result<std::string> rsmf_of(std::span<const Line> lines, std::string_view log);

}  // namespace postern::bag
