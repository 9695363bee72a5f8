// SPDX-License-Identifier: Apache-2.0
// The content of a scope: what its records sealed, opened, and the records' keys. One thread at a time.
#pragma once
#include <string>

#include "bag/bag.hpp"
#include "bag/scope.hpp"
#include "ledger/view.hpp"

namespace postern::bag {

/// Puts messages.jsonl, messages.csv, a page for each conversation, mails, RSMF, and keys.jsonl into the bag: of the
/// first `size` records. `origin` is the ledger's.
Result<void> put_content(Bag& bag, ledger::View& view, const Scope& scope, const std::string& origin,
                         std::int64_t size);

/// What a contact is called, by the record that made them; empty if nobody has said, or it is erased.
std::string name_of(const core::ContactRow& contact);

}  // namespace postern::bag
