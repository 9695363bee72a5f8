// SPDX-License-Identifier: Apache-2.0
// The log of what contacts have asked for, as 11 CCR 7101 wants it kept: made of the leaves, which outlive an erasure.
#pragma once
#include "control/answer.hpp"
#include "ledger/view.hpp"

namespace postern::control {

/// `audit.requests` (docs/protocol.md): the requests in a stretch of time, a page of them, each with its newest answer.
/// Reads every leaf, on the clerk's thread.
Answered request_log(ledger::View& view, const Params& params);

}  // namespace postern::control
