// SPDX-License-Identifier: Apache-2.0
// What the courier says of a request when the network or the peer fails, and that it never repeats one by itself.
#include <algorithm>

#include "catch.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {

/// Answers the first request of a connection, resets it after having read (applied) the second.
Reaction reset_the_second(const Loopback::Seen& seen) {
  if (seen.nth == 1) return {answer(200)};
  return {"", 0ms, Reaction::After::reset};
}

long times_applied(const Loopback& server, const std::string& body) {
  const auto seen = server.seen();
  return std::count_if(seen.begin(), seen.end(), [&](const auto& one) { return one.body == body; });
}

}  // namespace

TEST_CASE("a request that was applied before the kept connection broke arrives once and is unclear") {
  Loopback server(reset_the_second);
  Client client;
  REQUIRE(client.call(post(server.url(), "first")).fate == Fate::answered);

  const auto delivery = client.call(post(server.url(), "second"));
  CHECK(delivery.fate == Fate::unclear);
  CHECK(delivery.status == 0);
  CHECK_FALSE(delivery.reason.empty());
  CHECK(times_applied(server, "second") == 1);
}

TEST_CASE("nor is an unsafe request without a body repeated") {
  const std::string method = GENERATE("POST", "DELETE", "GET");
  Loopback server(reset_the_second);
  Client client;
  REQUIRE(client.call(get(server.url(), "/first")).fate == Fate::answered);

  auto errand = get(server.url(), "/second");
  errand.request.method = method;
  errand.request.safe = false;
  CHECK(client.call(errand).fate == Fate::unclear);
  const auto seen = server.seen();
  CHECK(std::count_if(seen.begin(), seen.end(),
                      [&](const auto& one) { return one.head.starts_with(method + " /second "); }) == 1);
}

TEST_CASE("nor is a large body repeated that was cut in the middle") {
  Loopback server(reset_the_second);
  Client client;
  REQUIRE(client.call(post(server.url(), "first")).fate == Fate::answered);
  const std::string large(300'000, 'x');
  CHECK(client.call(post(server.url(), large)).fate == Fate::unclear);
  CHECK(times_applied(server, large) == 1);
}

TEST_CASE("a safe request is repeated by libcurl on a fresh connection") {
  Loopback server(reset_the_second);
  Client client;
  REQUIRE(client.call(get(server.url())).fate == Fate::answered);
  CHECK(client.call(get(server.url())).fate == Fate::answered);
  CHECK(server.seen().size() == 3);

  auto with_body = post(server.url(), "look-up");
  with_body.request.safe = true;
  CHECK(client.call(with_body).fate == Fate::answered);
  CHECK(times_applied(server, "look-up") == 2);
}

TEST_CASE("a connection that the server closed while idle costs nothing") {
  Loopback server([](const auto&) { return Reaction{answer(200), 0ms, Reaction::After::close}; });
  Client client;
  for (int i = 0; i < 5; ++i) {
    CHECK(client.call(post(server.url())).fate == Fate::answered);
    std::this_thread::sleep_for(30ms);
  }
  CHECK(server.seen().size() == 5);
}

TEST_CASE("a connection that is reset before the request was read is unclear") {
  Loopback server([](const auto&) { return Reaction{}; }, Loopback::Kind::unread);
  Client client;
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::unclear);
  CHECK(server.seen().empty());
}

TEST_CASE("an answer that comes too late is unclear") {
  Loopback server([](const auto&) { return Reaction{answer(200), 2000ms}; });
  Settings settings;
  settings.total_timeout = 200 * kMilli;
  Client client(settings);
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::unclear);
  CHECK(server.seen().size() == 1);
}

TEST_CASE("an answer that breaks off is unclear") {
  Loopback server([](const auto&) {
    return Reaction{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"id\":", 0ms, Reaction::After::close};
  });
  Client client;
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::unclear);
  CHECK(delivery.status == 0);
  CHECK(delivery.body.empty());
}

TEST_CASE("a refused connection was not sent") {
  Client client;
  const auto delivery = client.call(post("http://127.0.0.1:" + std::to_string(closed_port())));
  CHECK(delivery.fate == Fate::not_sent);
  CHECK(delivery.reason.find("127.0.0.1") != std::string::npos);
  CHECK(delivery.reason.find("refused") != std::string::npos);
}

TEST_CASE("a name that cannot be resolved was not sent") {
  Client client;
  const auto delivery = client.call(post("https://no-such-host.invalid"));
  CHECK(delivery.fate == Fate::not_sent);
  CHECK(delivery.reason.find("no-such-host.invalid") != std::string::npos);
}

TEST_CASE("a TLS handshake that fails was not sent") {
  // The server reads the ClientHello for ever, so the limit ends it; no byte of the request can have left.
  Loopback server([](const auto&) { return Reaction{}; });
  Settings settings;
  settings.total_timeout = 300 * kMilli;
  Client client(settings);
  CHECK(client.call(post("https://127.0.0.1:" + std::to_string(server.port()))).fate == Fate::not_sent);
  CHECK(server.connections() == 1);
}

TEST_CASE("an answer is an answer whatever its status") {
  const int status = GENERATE(200, 302, 400, 429, 500, 503);
  Loopback server([&](const auto&) {
    return Reaction{answer(status, "{\"x\":1}",
                           "Retry-After: 7\r\nX-App-Usage: {\"call_count\":3}\r\nX-Rate-Limit-Reset: 99\r\n"
                           "Content-Type: application/json\r\nSet-Cookie: a=b\r\nLocation: http://127.0.0.1:1/\r\n")};
  });
  Client client;
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::answered);
  CHECK(delivery.status == status);
  CHECK(delivery.body == "{\"x\":1}");
  CHECK(delivery.headers == Fields{{"retry-after", "7"},
                                   {"x-app-usage", "{\"call_count\":3}"},
                                   {"x-rate-limit-reset", "99"},
                                   {"content-type", "application/json"},
                                   {"location", "http://127.0.0.1:1/"}});
  CHECK(server.seen().size() == 1);
}

TEST_CASE("an answer that is too long is cut and says so") {
  Loopback server([&](const auto&) { return Reaction{answer(200, std::string(2'000'000, 'y'))}; });
  Client client;
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::answered);
  CHECK(delivery.status == 200);
  CHECK(delivery.truncated);
  CHECK(delivery.body.size() == 1024 * 1024);
}
