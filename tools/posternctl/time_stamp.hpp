// SPDX-License-Identifier: Apache-2.0
// What is asked of a time-stamp authority, and what it answers (RFC 3161). Any thread.
#pragma once
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"

namespace postern::ctl {

/// A TimeStampReq in DER for this SHA-256. The answer is to bring the authority's certificate along.
std::string time_stamp_request(const Hash& hash);

/// The time that a TimeStampResp in DER gives for this SHA-256. An error if the authority has refused, if it is of
/// something else, or none at all. Whose signature it bears is not judged: that is for `openssl ts -verify` and the
/// certificates that the reader trusts.
Result<Micros> stamped_time(std::string_view response, const Hash& hash);

}  // namespace postern::ctl
