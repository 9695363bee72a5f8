// SPDX-License-Identifier: Apache-2.0
// What the core starts from, read from the projections: what is pending, not history.
#pragma once
#include "core/image.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// All of the image but the spare subjects. Repeated events are all left on disk: whatever is not newer than the newest
/// event on record is looked up there, so a start reads none of them. `sent_within`: Options'.
Result<core::Image> build_image(View& view, Micros sent_within);

/// The lot that a crash has lost, from the records after the mark up to which lots are complete.
Result<Lot> recover_lot(View& view, const crypto::Key& seen_key);

}  // namespace postern::ledger
