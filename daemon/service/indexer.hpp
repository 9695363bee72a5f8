// SPDX-License-Identifier: Apache-2.0
// The index of what was said, where the configuration wants one.
#pragma once
#include <memory>

#include "config/config.hpp"
#include "ledger/store.hpp"
#include "search/indexer.hpp"

namespace postern::service {

/// Null where none is wanted: what an earlier life has left of one is removed then, so that no copy stays behind.
Result<std::unique_ptr<search::Indexer>> start_indexer(ledger::Store& store, const config::Config& config);

}  // namespace postern::service
