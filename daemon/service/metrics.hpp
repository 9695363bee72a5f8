// SPDX-License-Identifier: Apache-2.0
// The daemon's figures as Prometheus text 0.0.4. Reads counters that others keep; makes nothing of its own.
#pragma once
#include <string>

#include "broker/broker.hpp"
#include "courier/courier.hpp"
#include "gateway/counters.hpp"
#include "ledger/scrub.hpp"
#include "ledger/writer.hpp"
#include "publish/publisher.hpp"

namespace postern::service {

/// Any thread. Names are listed in docs/operations.md.
std::string metrics_text(const gateway::Counters& gateway, const broker::Counters& broker,
                         const courier::Counters& courier, const ledger::Writer& writer,
                         const ledger::Scrubber& scrubber, const std::vector<core::AccountMark>& accounts,
                         const std::vector<publish::Mark>& published, bool ready);

/// The page of a daemon that stands by.
std::string standby_metrics();

}  // namespace postern::service
