// SPDX-License-Identifier: Apache-2.0
// Messages as mails (RFC 5322, MIME), which archives and review tools take. Pure; any thread.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "bag/line.hpp"

namespace postern::bag {

/// "Thu, 01 Jan 2026 00:00:00 +0000"
std::string mail_date(Micros at);
/// A header's text: as it is where that is plain ASCII, else in encoded words (RFC 2047). Never more than one line of
/// its own; what could begin another header is gone.
std::string mail_text(std::string_view raw);
/// base64 in lines of 76.
std::string mail_base64(std::string_view bytes);

/// One message. `log` is the ledger's origin, which makes the Message-ID unique.
std::string mail_of(const Line& line, std::string_view log);

}  // namespace postern::bag
