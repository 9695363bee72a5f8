// SPDX-License-Identifier: Apache-2.0
// What somebody has said, as keyed fingerprints: enough to notice that it is said again, not to read it.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"

namespace postern::core::policy {

using FingerprintKey = std::array<std::uint64_t, 2>;
/// Of a key that stays the same as long as the fingerprints are kept.
FingerprintKey fingerprint_key(const crypto::Key& secret);

/// Of what tells a person or a matter apart: each word with a digit or an @ in it, of four letters or more, and each
/// run of four words. Case, punctuation and order of the rest do not matter. Ascending, each once. SipHash-2-4.
std::vector<std::uint64_t> fingerprints(std::string_view text, const FingerprintKey& key);

}  // namespace postern::core::policy
