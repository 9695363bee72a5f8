// SPDX-License-Identifier: Apache-2.0
// The answers to keys.rotate and keys.status.
#pragma once
#include "control/answer.hpp"
#include "ledger/view.hpp"

namespace postern::control {

/// The signing epoch: object; docs/protocol.md "keys.rotate".
Answered keys_rotated(ledger::View& view, const Params& params);
/// That, and under which key encryption keys the others lie: "keys.status".
Answered keys_status(ledger::View& view, const Params& params);

}  // namespace postern::control
