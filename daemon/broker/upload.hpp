// SPDX-License-Identifier: Apache-2.0
// A file that goes out with a message where the platform takes no address: fetched from wherever it is, and put into
// the form that uploads it. Pure.
#pragma once
#include <optional>
#include <string>

#include "broker/request.hpp"
#include "core/input.hpp"

namespace postern::broker {

/// Asks a stranger's server: no credential, nobody inside, few redirects.
courier::Errand errand_for_url(std::string&& url);

/// Whether a server that answers so may have the file another time.
bool is_busy(int status);

/// Puts the file into the request's body, which from then on is like any other. What is given back instead ends the
/// part's attempt: the platform has not been asked for anything.
std::optional<core::Attempted> put_file(Request& request, courier::Delivery&& file);

}  // namespace postern::broker
