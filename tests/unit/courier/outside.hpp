// SPDX-License-Identifier: Apache-2.0
// The world outside, as far as a program sees it: names, and who answers at an address. It stands in for the C
// library's getaddrinfo, connect and getpeername, which libcurl calls. Every connection to a public address ends at one
// server on loopback; every connection is counted.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace postern::test::outside {

/// What a name resolves to: each look-up takes the next list of addresses, the last one stays. No list: no such name.
using Names = std::map<std::string, std::vector<std::vector<std::string>>>;

/// Forgets what was counted. Public addresses lead to `port` on loopback from now on.
void begin(Names names, int port);

/// Addresses that were connected to, as texts, in order; those of the public Internet and all others.
std::vector<std::string> connected_public();
std::vector<std::string> connected_inside();
int resolved();  ///< look-ups

}  // namespace postern::test::outside
