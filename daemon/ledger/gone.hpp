// SPDX-License-Identifier: Apache-2.0
// Whose content has to go: looked up in the record, since what a contact takes back may be years old.
#pragma once
#include "core/input.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// The records whose bodies go with `index`: if it takes something back, all of that conversation that the platform
/// calls by the same id, in the newest 20,000 of its records; else itself. With them the descriptions of their files.
/// Bodies that are gone already are left out.
Result<core::BodiesFound> find_bodies(View& view, std::int64_t index);

/// What a leaf says of its body.
core::BodiesFound::Body body_of(const Leaf& leaf);

}  // namespace postern::ledger
