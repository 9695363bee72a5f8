// SPDX-License-Identifier: Apache-2.0
// A verifier's verdict, as docs/protocol.md has it, as a report for people.
#pragma once
#include "fields.hpp"
#include "screen.hpp"

namespace postern::ctl {

/// Prints it; gives the verifier's exit code.
int print_verdict(const json::value& verdict, const Screen& screen);

}  // namespace postern::ctl
