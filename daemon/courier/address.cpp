// SPDX-License-Identifier: Apache-2.0
#include "courier/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <string>

namespace postern::courier {
namespace {

struct Prefix {
  std::array<std::uint8_t, 6> bytes;  // the rest of the address is free
  int bits;
};

constexpr Prefix kNotGlobalV4[] = {
    {{0}, 8},              // this network
    {{10}, 8},             // private
    {{100, 64}, 10},       // shared by carriers (CGNAT)
    {{127}, 8},            // loopback
    {{169, 254}, 16},      // link-local; clouds serve credentials at 169.254.169.254
    {{172, 16}, 12},       // private
    {{192, 0, 0}, 24},     // protocol assignments
    {{192, 0, 2}, 24},     // documentation
    {{192, 88, 99}, 24},   // 6to4 relays, withdrawn
    {{192, 168}, 16},      // private
    {{198, 18}, 15},       // benchmarking
    {{198, 51, 100}, 24},  // documentation
    {{203, 0, 113}, 24},   // documentation
    {{224}, 4},            // multicast
    {{240}, 4},            // reserved, and broadcast
};

// Global unicast is 2000::/3 alone, so loopback, mapped, NAT64, unique local, link-local and multicast need no line.
constexpr Prefix kGlobalV6 = {{0x20}, 3};
constexpr Prefix kNotGlobalV6[] = {
    {{0x20, 0x01, 0x00}, 23},        // protocol assignments: Teredo, ORCHID, benchmarking
    {{0x20, 0x01, 0x0d, 0xb8}, 32},  // documentation
    {{0x20, 0x02}, 16},              // 6to4 carries any IPv4 address
    {{0x3f, 0xff, 0x00}, 20},        // documentation
};

bool inside(ByteView address, const Prefix& prefix) {
  const auto whole = static_cast<std::size_t>(prefix.bits / 8);
  if (!std::equal(prefix.bytes.begin(), prefix.bytes.begin() + whole, address.begin())) return false;
  const int spare = prefix.bits % 8;
  return spare == 0 || (address[whole] ^ prefix.bytes[whole]) >> (8 - spare) == 0;
}

bool inside_any(ByteView address, std::span<const Prefix> prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(), [&](const Prefix& one) { return inside(address, one); });
}

// The bytes of a text or of a socket's address; empty if it is neither IPv4 nor IPv6.
ByteView bytes_of(std::string_view text, std::array<std::uint8_t, 16>& memory) {
  const std::string terminated(text);
  if (inet_pton(AF_INET, terminated.c_str(), memory.data()) == 1) return ByteView(memory.data(), 4);
  if (inet_pton(AF_INET6, terminated.c_str(), memory.data()) == 1) return ByteView(memory);
  return {};
}

ByteView bytes_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return ByteView(reinterpret_cast<const std::uint8_t*>(&v4), 4);
  }
  if (address.sa_family == AF_INET6)
    return ByteView(reinterpret_cast<const sockaddr_in6&>(address).sin6_addr.s6_addr, 16);
  return {};
}

}  // namespace

bool is_global(ByteView address) {
  if (address.size() == 4) return !inside_any(address, kNotGlobalV4);
  return address.size() == 16 && inside(address, kGlobalV6) && !inside_any(address, kNotGlobalV6);
}

bool is_loopback(ByteView address) {
  if (address.size() == 4) return address[0] == 127;
  static constexpr std::array<std::uint8_t, 16> kOne = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  return std::equal(address.begin(), address.end(), kOne.begin(), kOne.end());
}

bool is_global(std::string_view text) {
  std::array<std::uint8_t, 16> memory{};
  return is_global(bytes_of(text, memory));
}
bool is_loopback(std::string_view text) {
  std::array<std::uint8_t, 16> memory{};
  return is_loopback(bytes_of(text, memory));
}

bool is_global(const sockaddr& address) {
  return is_global(bytes_of(address));
}
bool is_loopback(const sockaddr& address) {
  return is_loopback(bytes_of(address));
}

}  // namespace postern::courier
