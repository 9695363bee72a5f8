// SPDX-License-Identifier: Apache-2.0
// The configuration of the simulated brand: three accounts that differ in what their platform tells, four handlers.
#pragma once
#include <memory>

#include "core/settings.hpp"

namespace postern::simulation {

inline constexpr std::string_view kEchoes = "echoes", kSilent = "silent", kResender = "resender";
inline constexpr std::string_view kAccounts[] = {kEchoes, kSilent, kResender};
inline constexpr Micros kAnswerWithin = 10 * kMinute;
inline constexpr Micros kListEvery = 3 * kMinute;

/// `variant` reorders the handlers and changes the policy's version: what a reload brings. So much fits into memory as
/// `room` says.
std::shared_ptr<const core::Settings> make_settings(int variant, std::size_t room, std::uint8_t login);

}  // namespace postern::simulation
