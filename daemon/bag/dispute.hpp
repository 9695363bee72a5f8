// SPDX-License-Identifier: Apache-2.0
// What explains a conversation to who was not there: each verdict with what its rule says, the rule sets themselves by
// their hash, and a certificate to be signed (FRE 902(14)). One thread at a time.
#pragma once
#include "bag/bag.hpp"
#include "bag/scope.hpp"
#include "core/settings.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

/// Puts verdicts.jsonl, verdicts.html, policies/ and certificate.txt into the bag. `settings` are those that hold: rule
/// sets that are loaded no longer are named by their hash alone. May be null. `checkpoint` is the bag's.
Result<void> put_dispute(Bag& bag, ledger::View& view, const Scope& scope, const core::Settings* settings,
                         std::string_view checkpoint, std::int64_t size);

}  // namespace postern::bag
