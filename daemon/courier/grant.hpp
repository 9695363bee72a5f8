// SPDX-License-Identifier: Apache-2.0
// The answer to a request for new tokens. They are taken out where the answer came in: it goes no further.
#pragma once
#include "courier/errand.hpp"

namespace postern::courier {

/// Puts the tokens of an answer into `delivery.tokens`, how long they last into `lasts_s`, and wipes the body. An
/// answer without the first of them is none: then there are no tokens, and `reason` says so with the platform's code.
void take_grant(const Grant& grant, Delivery& delivery);

}  // namespace postern::courier
