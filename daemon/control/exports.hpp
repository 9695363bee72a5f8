// SPDX-License-Identifier: Apache-2.0
// What tools have written out: the record, one record, what is held about a contact (docs/protocol.md: audit.export,
// audit.disclose, contact.export). The reader's thread.
#pragma once
#include "control/answer.hpp"
#include "ledger/view.hpp"

namespace postern::control {

Answered export_records(ledger::View& view, const Params& params);
Answered disclose(ledger::View& view, const Params& params);
Answered export_contact(ledger::View& view, const Params& params);

}  // namespace postern::control
