// SPDX-License-Identifier: Apache-2.0
// Names: a resolver that hangs, and one that leads inside. It stands in for the C library's, which libcurl calls.
#include <dlfcn.h>
#include <netdb.h>

#include <atomic>
#include <cstring>

#include "catch.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {
std::atomic<bool> release_resolver{false};
std::atomic<int> resolver_calls{0};
}  // namespace

extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* name, const char* service,
                                                                  const addrinfo* hints, addrinfo** out) {
  using Function = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (name != nullptr && std::strcmp(name, "hangs.example") == 0) {
    ++resolver_calls;
    for (int i = 0; i < 500 && !release_resolver; ++i) std::this_thread::sleep_for(10ms);
    return EAI_AGAIN;
  }
  if (name != nullptr && std::strcmp(name, "inside.example") == 0) {
    ++resolver_calls;
    name = "10.0.0.1";
  }
  return real(name, service, hints, out);
}

TEST_CASE("a resolver that hangs holds up its own request alone") {
  Loopback server([](const auto&) { return Reaction{answer(200)}; });
  Settings settings;
  settings.total_timeout = 400 * kMilli;
  Client client(settings);
  auto lost = post("https://hangs.example");
  lost.id = 1;
  REQUIRE(client.courier.submit(std::move(lost)));

  // Before, at and after the moment at which libcurl gives the name up.
  const auto end = std::chrono::steady_clock::now() + 800ms;
  auto slowest = 0ms;
  while (std::chrono::steady_clock::now() < end) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(client.call(post(server.url())).fate == Fate::answered);
    slowest = std::max(slowest,
                       std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin));
    std::this_thread::sleep_for(10ms);
  }
  CHECK(slowest < 300ms);
  CHECK(client.waiting() == 1);
  CHECK(client.wait_for(1).fate == Fate::not_sent);
  CHECK(resolver_calls > 0);
  release_resolver = true;
}

TEST_CASE("an external URL whose name leads to a private address is refused") {
  Client client;
  resolver_calls = 0;
  auto errand = get("", "https://inside.example/picture.jpg?signature=SECRET");
  errand.external = true;
  const auto delivery = client.call(errand);
  CHECK(delivery.fate == Fate::refused);
  CHECK(delivery.reason == "the address of inside.example is not one of the public Internet");
  CHECK(resolver_calls > 0);
  CHECK(client.courier.connections() == 0);
}
