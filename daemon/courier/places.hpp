// SPDX-License-Identifier: Apache-2.0
// "{credential:NAME}" in a request stands for a credential: for requests of the plugin's own making, which hold nothing
// that a contact wrote. Pure; any thread.
#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "courier/credentials.hpp"
#include "courier/errand.hpp"

namespace postern::courier {

/// Calls `text` with what stands between places and `place` with each place's NAME, in order. A brace that begins no
/// whole place is text.
void split_places(std::string_view whole, const std::function<void(std::string_view)>& text,
                  const std::function<void(std::string_view)>& place);

/// Puts the credentials into the values of the query, and into the body as its content type wants them escaped. Fails
/// if the account lacks one. The request is to be wiped after use.
Result<void> fill_places(Errand& errand, const Credentials& credentials);
void wipe_places(Request& request);

}  // namespace postern::courier
