// SPDX-License-Identifier: Apache-2.0
#include "unit/courier/outside.hpp"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

#include "courier/address.hpp"

namespace postern::test::outside {
namespace {

struct World {
  std::mutex mutex;  // libcurl resolves in threads of its own
  Names names;
  std::map<std::string, std::size_t> asked;
  int port = 0, resolved = 0;
  std::vector<std::string> global, inside;
  std::map<int, sockaddr_storage> peers;  ///< socket -> whom its program believes to have connected to
};

World& world() {
  static World one;
  return one;
}

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address->sa_family == AF_INET)
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  else if (address->sa_family == AF_INET6)
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  return text;
}

using Resolve = int(const char*, const char*, const addrinfo*, addrinfo**);
using Connect = int(int, const sockaddr*, socklen_t);
using Peer = int(int, sockaddr*, socklen_t*);

/// What `name` is now; a name that is not in the table is itself, which only a literal address is.
std::vector<std::string> addresses_of(const char* name) {
  std::lock_guard lock(world().mutex);
  ++world().resolved;
  const auto found = world().names.find(name);
  if (found == world().names.end()) return {name};
  auto& asked = world().asked[found->first];
  return found->second[std::min(asked++, found->second.size() - 1)];
}

int resolve(const char* name, const char* service, const addrinfo* hints, addrinfo** out) {
  addrinfo wanted = hints != nullptr ? *hints : addrinfo{};
  wanted.ai_flags |= AI_NUMERICHOST;
  *out = nullptr;
  addrinfo** end = out;
  for (const auto& address : addresses_of(name)) {
    if (real<Resolve>("getaddrinfo")(address.c_str(), service, &wanted, end) != 0) continue;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return *out != nullptr ? 0 : EAI_NONAME;
}

int connect_to(int socket, const sockaddr* address, socklen_t size) {
  const bool internet = address->sa_family == AF_INET || address->sa_family == AF_INET6;
  if (!internet) return real<Connect>("connect")(socket, address, size);
  std::lock_guard lock(world().mutex);
  auto& peer = world().peers[socket];
  std::memcpy(&peer, address, std::min<std::size_t>(size, sizeof peer));
  if (!courier::is_global(*address)) {
    world().inside.push_back(text_of(address));
    errno = ECONNREFUSED;
    return -1;
  }
  world().global.push_back(text_of(address));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(static_cast<std::uint16_t>(world().port));
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (address->sa_family == AF_INET6) {
    errno = ENETUNREACH;  // this world has no IPv6 beyond the machine
    return -1;
  }
  return real<Connect>("connect")(socket, reinterpret_cast<sockaddr*>(&here), sizeof here);
}

int peer_of(int socket, sockaddr* address, socklen_t* size) {
  const int got = real<Peer>("getpeername")(socket, address, size);
  std::lock_guard lock(world().mutex);
  const auto found = world().peers.find(socket);
  if (got != 0 || found == world().peers.end() || address->sa_family != found->second.ss_family) return got;
  std::memcpy(address, &found->second, *size);
  return 0;
}

}  // namespace

void begin(Names names, int port) {
  std::lock_guard lock(world().mutex);
  world().names = std::move(names);
  world().port = port;
  world().resolved = 0;
  world().asked.clear();
  world().global.clear();
  world().inside.clear();
}

std::vector<std::string> connected_public() {
  std::lock_guard lock(world().mutex);
  return world().global;
}
std::vector<std::string> connected_inside() {
  std::lock_guard lock(world().mutex);
  return world().inside;
}
int resolved() {
  std::lock_guard lock(world().mutex);
  return world().resolved;
}

}  // namespace postern::test::outside

#define SEEN_BY_LIBRARIES extern "C" __attribute__((visibility("default")))

SEEN_BY_LIBRARIES int getaddrinfo(const char* name, const char* service, const addrinfo* hints, addrinfo** out) {
  return postern::test::outside::resolve(name, service, hints, out);
}
SEEN_BY_LIBRARIES int connect(int socket, const sockaddr* address, socklen_t size) {
  return postern::test::outside::connect_to(socket, address, size);
}
SEEN_BY_LIBRARIES int getpeername(int socket, sockaddr* address, socklen_t* size) noexcept {
  return postern::test::outside::peer_of(socket, address, size);
}
