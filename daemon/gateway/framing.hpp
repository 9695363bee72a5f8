// SPDX-License-Identifier: Apache-2.0
// Where a request ends. Boost.Beast 1.81 accepts several forms that a proxy in front of us may read differently, and
// two readings of one stream are how a request is smuggled past a check. What is refused here is what Beast lets
// through: bare line feeds and folded lines (RFC 9112, 2.2 and 5.2), any Transfer-Encoding but one "chunked" (6.1),
// Transfer-Encoding beside Content-Length or under HTTP/1.0 (6.1), Content-Length given twice or as a list (6.3), and
// a request without exactly one Host (3.2).
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

#include "gateway/http_message.hpp"

namespace postern::gateway {

struct HeadScan {
  std::size_t end = 0;  ///< one past the empty line that ends the head; 0 while it has not come
  std::optional<Fault> fault;
};

/// Looks for the end of the head in `bytes`, which begin with the request line. `line` is where the first line that is
/// not whole begins: 0 at first, kept by the caller between calls as more bytes come.
HeadScan scan_head(std::string_view bytes, std::size_t& line);

/// What is wrong with a head that Beast has accepted; nothing if its body has one length for every reader.
std::optional<Fault> framing_fault(const HttpRequest& head);

}  // namespace postern::gateway
