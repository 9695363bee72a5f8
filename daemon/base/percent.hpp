// SPDX-License-Identifier: Apache-2.0
// Percent-encoding (RFC 3986), and the queries and forms made of it. Pure; any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postern {

inline constexpr std::string_view kUnreserved = "-._~";

/// Appends `text` with everything escaped, in capitals, but ASCII letters, digits and `also`.
void percent_encode(std::string& out, std::string_view text, std::string_view also = kUnreserved);
std::string percent_encoded(std::string_view text);

/// Names and values of a query or a form, decoded as forms are ("+" is a space), in their order; nothing if an escape
/// is broken.
std::optional<std::vector<std::pair<std::string, std::string>>> form_fields(std::string_view text);

}  // namespace postern
