// SPDX-License-Identifier: Apache-2.0
// Which addresses a URL that somebody else wrote may lead to. Pure; any thread.
#pragma once
#include <sys/socket.h>

#include <string_view>

#include "base/bytes.hpp"

namespace postern::courier {

/// Whether an address (4 or 16 bytes, network order) belongs to the global Internet: not loopback, private,
/// link-local, shared (CGNAT), documentation, benchmarking, multicast or reserved, and no IPv6 form that stands for an
/// IPv4 address (mapped, NAT64, 6to4, Teredo), since that could be any of these. Source: IANA's special-purpose
/// address registries (RFC 6890 and its updates). Anything of another size is not global.
bool is_global(ByteView address);

/// Whether an address is this machine's own: 127.0.0.0/8 or ::1. The mapped forms are not.
bool is_loopback(ByteView address);

/// The same as is_global for a text as inet_ntop writes it. A text that is no address is not global.
bool is_global(std::string_view text);

/// The same for an address of a socket. Families other than IPv4 and IPv6 are not global.
bool is_global(const sockaddr& address);
/// As is_loopback, for the same two forms.
bool is_loopback(std::string_view text);
bool is_loopback(const sockaddr& address);

}  // namespace postern::courier
