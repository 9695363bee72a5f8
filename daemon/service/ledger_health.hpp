// SPDX-License-Identifier: Apache-2.0
// How the ledger is, for who watches the daemon.
#pragma once
#include <string>
#include <vector>

#include "ledger/scrub.hpp"
#include "ledger/store.hpp"
#include "ledger/writer.hpp"
#include "publish/publisher.hpp"

namespace postern::service {

/// Why the ledger cannot be relied on, one sentence; empty if it can. Any thread.
std::string trouble_of(const ledger::Writer& writer, const ledger::Scrubber& scrubber);

/// The object `ledger` of the status (docs/protocol.md).
std::string ledger_status(const ledger::Store& store, const ledger::Writer& writer, const ledger::Scrubber& scrubber,
                          const std::vector<publish::Mark>& published);

}  // namespace postern::service
