// SPDX-License-Identifier: Apache-2.0
// The thread that keeps files, started and tied to the broker.
#pragma once
#include <functional>
#include <memory>

#include "broker/broker.hpp"
#include "config/config.hpp"
#include "ledger/keeper.hpp"
#include "ledger/store.hpp"

namespace postern::service {

/// What the keeper has done reaches `broker` by way of the inbox, once there is one. All must outlive the keeper.
/// `fatal` is told when the ledger cannot be read any more.
Result<std::unique_ptr<ledger::Keeper>> start_keeper(ledger::Store& store, const config::Config& config,
                                                     broker::Inbox& inbox, std::unique_ptr<broker::Broker>& broker,
                                                     std::function<void(const Error&)> fatal);

/// The ways from the broker to the keeper.
void tie(broker::Links& links, ledger::Keeper& keeper);

}  // namespace postern::service
