// SPDX-License-Identifier: Apache-2.0
// What the daemon does with a ledger that must not go on: it lives, says why, takes nothing and sends nothing.
#pragma once
#include <filesystem>
#include <optional>
#include <string>

#include "service/assembly.hpp"
#include "service/signals.hpp"

namespace postern::service {

/// Asks the witnesses before a start, some seconds at most. Why the ledger must not go on, if one of them has seen more
/// or other of it; or if an earlier life has left that alarm, and not all of them now say that it is over.
std::optional<std::string> ask_outside(ledger::Store& store, const Assembly& assembly);
/// Leaves an alarm for the next start, which may not be able to ask whoever has seen it.
void leave_alarm(const std::filesystem::path& state_dir, const std::string& why);

/// Until SIGTERM: webhooks get 503, /readyz says why, nothing is read or written. Gives the exit code.
int stand_by(Assembly& assembly, const std::string& why, Signals& signals);

}  // namespace postern::service
