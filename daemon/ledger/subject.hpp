// SPDX-License-Identifier: Apache-2.0
// What there is of one contact: looked up in the log, since only that is complete. For the keeper, whose look may take
// as long as a contact of many years needs.
#pragma once
#include "core/action.hpp"
#include "core/input.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// Bodies that are named in one lot: a commit that takes so many away holds no message up for long.
inline constexpr std::size_t kLotOfBodies = 500;

/// The contact, its conversations, and whether it was erased.
Result<core::SubjectFound> find_subject(View& view, const core::FindSubject& wanted);

/// A lot of the bodies that are still there, with the files that belong to them; the newest first. Needs no key.
Result<core::RemainsFound> find_remains(View& view, const core::FindRemains& wanted);

}  // namespace postern::ledger
