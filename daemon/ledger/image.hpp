// SPDX-License-Identifier: Apache-2.0
// What the core starts from, read from the projections: what is pending, not history.
#pragma once
#include "core/image.hpp"
#include "ledger/view.hpp"

namespace postern::ledger {

/// How far back the image tells what was sent.
struct SentWithin {
  Micros tail = 0;     ///< all that was, as far as it is counted for no longer than core::kTail
  Micros counted = 0;  ///< what is counted for longer
};

/// All of the image but the spare subjects. Repeated events are all left on disk: whatever is not newer than the newest
/// event on record is looked up there, so a start reads none of them. `now`: wall time. Nobody writes meanwhile.
Result<core::Image> build_image(View& view, const SentWithin& within, Micros now);

/// The lot that a crash has lost, from the records after the mark up to which lots are complete.
Result<Lot> recover_lot(View& view, const crypto::Key& seen_key);

}  // namespace postern::ledger
