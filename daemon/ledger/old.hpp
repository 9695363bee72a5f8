// SPDX-License-Identifier: Apache-2.0
// Which bodies are older than they may become, and whose month ends with them.
#pragma once
#include "core/action.hpp"
#include "core/input.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// A lot of bodies from record `wanted.from` on that are past what the rules give them. Looks at 50,000 records at most
/// and then says where to go on.
Result<core::OldFound> find_old(View& view, const core::FindOld& wanted);

}  // namespace postern::ledger
