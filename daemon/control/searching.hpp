// SPDX-License-Identifier: Apache-2.0
// What was said, found by its words (docs/protocol.md: search). The indexer's thread.
#pragma once
#include "control/backend.hpp"
#include "ledger/view.hpp"
#include "search/index.hpp"

namespace postern::control {

core::Reply search_answer(ledger::View& view, search::Index& index, const Query& query);
/// Where there is no index.
core::Reply search_is_off(const Query& query);

}  // namespace postern::control
