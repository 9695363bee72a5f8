// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "gateway/admin.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

using test::Client;

TEST_CASE("The admin pages tell whether the daemon turns, is ready, and what it counts") {
  std::atomic<bool> ready{false};
  HttpLoop loop;
  Admin admin(loop, "127.0.0.1", 0,
              {.not_ready = [&] { return std::string(ready ? "" : "The ledger is read."); },
               .metrics = [] { return std::string("postern_up 1\n"); }});
  loop.start();
  Client client(admin.port());
  const auto get = [&](std::string_view path, std::string_view method = "GET") {
    return client.ask(std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  };
  CHECK(get("/healthz").status == 200);
  const auto waiting = get("/readyz");
  CHECK(waiting.status == 503);
  CHECK(waiting.body == "The ledger is read.\n");
  ready = true;
  CHECK(get("/readyz").status == 200);
  const auto metrics = get("/metrics?x=1");
  CHECK(metrics.status == 200);
  CHECK(metrics.body == "postern_up 1\n");
  CHECK(metrics.has("Content-Type: text/plain; version=0.0.4"));
  CHECK(get("/webhooks/messenger").status == 404);
  const auto refused = get("/metrics", "DELETE");
  CHECK(refused.status == 405);
  CHECK(refused.has("Allow: GET\r\n"));
  loop.stop();
}

TEST_CASE("The loop's ticks tell that it turns") {
  HttpLoop loop;
  loop.start();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (loop.ticks() < 2 && std::chrono::steady_clock::now() < end) ::usleep(10'000);
  CHECK(loop.ticks() >= 2);
  loop.stop();
  const auto stopped = loop.ticks();
  ::usleep(400'000);
  CHECK(loop.ticks() == stopped);
}

}  // namespace
}  // namespace postern::gateway
