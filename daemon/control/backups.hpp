// SPDX-License-Identifier: Apache-2.0
// A backup of the state, made beside the daemon's work (docs/protocol.md: backup). The clerk's thread.
#pragma once
#include "control/answer.hpp"
#include "ledger/view.hpp"

namespace postern::control {

Answered back_up(ledger::View& view, const Params& params);

}  // namespace postern::control
