// SPDX-License-Identifier: Apache-2.0
// A copy of a key encryption key that only an officer can open: for who must be able to show the record without the
// brand's help (SEC rule 17a-4), or has lost the key.
#pragma once
#include <cstdint>
#include <filesystem>

#include "config/kek_file.hpp"

namespace postern::ctl {

/// Where the copy of this key lies: FILE.NUMBER.escrow.
std::filesystem::path escrow_file(const std::filesystem::path& kek_file, std::int64_t number);

/// Makes the copy of each key, in the place of one that is there: a CMS message (RFC 5652) in PEM, whose content is the
/// line NUMBER:DIGITS, for the owner of the certificate (PEM). Throws Failure.
void write_escrow(const std::filesystem::path& kek_file, const config::Keks& keks,
                  const std::filesystem::path& certificate);

/// Overwrites and removes the copy of a key that has given way, if there is one. Throws Failure.
void destroy_escrow(const std::filesystem::path& kek_file, std::int64_t number);

}  // namespace postern::ctl
