// SPDX-License-Identifier: Apache-2.0
// Names that come from the configuration (accounts, platforms, actors, rules) are few and live as long as the process,
// so that records, rows and actions can carry them between threads as plain views.
#pragma once
#include <string_view>

namespace postern::core {

/// A view of the same text that is valid until the process ends. Any thread. Never for what a customer or platform
/// can choose: interned texts are not freed.
std::string_view intern(std::string_view text);

}  // namespace postern::core
