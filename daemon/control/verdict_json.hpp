// SPDX-License-Identifier: Apache-2.0
// A verifier's verdict as docs/protocol.md has it.
#pragma once
#include <string>

#include "ledger/format/verify.hpp"

namespace postern::control {

/// The word for an exit code: "ok", "tampered", "incomplete", "unattested", "erased".
std::string_view word(ledger::Code code);

std::string verdict_json(const ledger::Verdict& verdict);

}  // namespace postern::control
