// SPDX-License-Identifier: Apache-2.0
// What a file is, told by its first bytes: what a platform or a server calls it may be wrong or a lie. Pure; any
// thread.
#pragma once
#include <string_view>

#include "base/bytes.hpp"

namespace postern::courier {

/// The MIME type that the first bytes of a file (512 are enough) show: an image, sound, film, document or archive that
/// messengers carry; "text/html" for a page, "text/plain" for text without control characters,
/// "application/x-executable" for a program, "application/octet-stream" for all else, "" for no bytes at all. Source:
/// the file formats' own magic numbers, in the manner of the WHATWG MIME Sniffing Standard. Static text.
std::string_view sniff(ByteView begin);

/// Whether an attachment of that type (plugin-api/schema/event.schema.json) may be of that MIME type: a picture must be
/// a picture, so that the page of an expired link is not kept for one. A file, share or story may be anything but a
/// page.
bool fits(std::string_view attachment, std::string_view mime);

}  // namespace postern::courier
