// SPDX-License-Identifier: Apache-2.0
// The publisher, from the configuration's words to a thread that is tied to the broker.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "broker/broker.hpp"
#include "config/config.hpp"
#include "config/problem.hpp"
#include "ledger/store.hpp"
#include "ledger/writer.hpp"
#include "publish/publisher.hpp"

namespace postern::service {

/// What is wrong with witnesses' keys and log hosts' names is among the problems.
publish::Settings publish_settings(const config::Config& config, config::Problems& problems);

/// What it has done reaches `broker` and `writer` by way of the inbox, once there is one. All must outlive it. `alarm`
/// is told when a witness has seen another ledger.
Result<std::unique_ptr<publish::Publisher>> start_publisher(ledger::Store& store, const publish::Settings& settings,
                                                            broker::Inbox& inbox,
                                                            std::unique_ptr<broker::Broker>& broker,
                                                            std::unique_ptr<ledger::Writer>& writer,
                                                            std::function<void(const std::string&)> alarm);

}  // namespace postern::service
