// SPDX-License-Identifier: Apache-2.0
#include "courier/courier.hpp"

#include <set>

#include "catch.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {

Credentials token(const std::string& value) {
  Credentials credentials;
  credentials.put("acme", "token", Secret(value));
  return credentials;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Reaction ok(const Loopback::Seen&) {
  return {answer(200)};
}

}  // namespace

TEST_CASE("a request arrives as it was asked for") {
  Loopback server(ok);
  Client client({}, token("tok"));
  auto errand = post(server.url(), "{\"a\":1}");
  errand.request.path = "/a/../b";
  errand.request.query = {{"q", "1 2"}};
  errand.request.headers = {{"X-One", "1"}};
  errand.request.auth.as = Auth::As::bearer;
  REQUIRE(client.call(errand).fate == Fate::answered);

  const auto seen = server.seen().at(0);
  CHECK(seen.head.starts_with("POST /a/../b?q=1%202 HTTP/1.1\r\n"));
  CHECK(seen.body == "{\"a\":1}");
  CHECK(contains(seen.head, "\r\nContent-Length: 7\r\n"));
  CHECK(contains(seen.head, "\r\nContent-Type: application/json\r\n"));
  CHECK(contains(seen.head, "\r\nX-One: 1\r\n"));
  CHECK(contains(seen.head, "\r\nAuthorization: Bearer tok\r\n"));
  CHECK_FALSE(contains(seen.head, "Expect"));
  CHECK_FALSE(contains(seen.head, "chunked"));
}

TEST_CASE("a handle that is used again keeps nothing of the request before") {
  Loopback server(ok);
  Client client({}, token("tok"));
  const auto send = [&](const std::string& method, const std::string& body, bool safe) {
    auto errand = post(server.url(), body);
    errand.request.method = method;
    errand.request.safe = safe;
    if (body.empty()) errand.request.content_type.clear();
    REQUIRE(client.call(errand).fate == Fate::answered);
    return server.seen().back();
  };
  const std::vector<std::pair<std::string, std::string>> requests = {{"POST", "a"},  {"GET", ""},  {"PUT", "bb"},
                                                                     {"DELETE", ""}, {"POST", ""}, {"PATCH", "ccc"},
                                                                     {"GET", ""},    {"POST", "d"}};
  for (const bool safe : {false, true}) {
    for (const auto& [method, body] : requests) {
      const auto seen = send(method, body, safe);
      CHECK(seen.head.starts_with(method + " /messages HTTP/1.1"));
      CHECK(seen.body == body);
      CHECK(contains(seen.head, "Content-Type") == !body.empty());
    }
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("many requests run at once over few connections, each delivered once") {
  Loopback server(ok);
  Settings settings;
  settings.host_transfers = 8;
  Client client(settings);
  constexpr std::uint64_t kCount = 500;
  for (std::uint64_t id = 1; id <= kCount; ++id) {
    auto errand = post(server.url(), std::to_string(id));
    errand.id = id;
    REQUIRE(client.courier.submit(std::move(errand)));
  }
  for (std::uint64_t id = 1; id <= kCount; ++id) CHECK(client.wait_for(id).fate == Fate::answered);
  std::set<std::string> bodies;
  for (const auto& seen : server.seen()) CHECK(bodies.insert(seen.body).second);
  CHECK(bodies.size() == kCount);
  CHECK(server.connections() <= 8);
  CHECK(client.courier.counters().answered == kCount);
  CHECK(client.courier.connections() == static_cast<std::uint64_t>(server.connections()));
}

TEST_CASE("a slow host does not hold up another, nor a long poll a message") {
  Loopback slow([](const auto&) { return Reaction{answer(200), 1500ms}; });
  Loopback fast(ok);
  Settings settings;
  settings.host_transfers = 1;
  Client client(settings);
  auto poll = get(slow.url());
  poll.id = 1;
  poll.request.timeout_s = 60;
  REQUIRE(client.courier.submit(std::move(poll)));
  auto first = post(slow.url());
  first.id = 2;
  REQUIRE(client.courier.submit(std::move(first)));
  CHECK(client.call(post(fast.url())).fate == Fate::answered);
  CHECK(client.waiting() == 0);
  for (int i = 0; i < 50 && slow.seen().size() < 2; ++i) std::this_thread::sleep_for(10ms);
  CHECK(slow.seen().size() == 2);
  CHECK(client.wait_for(2).fate == Fate::answered);
}

TEST_CASE("what finds no free connection in time was not sent") {
  Loopback server([](const auto&) { return Reaction{answer(200), 5000ms}; });
  Settings settings;
  settings.host_transfers = 1;
  settings.total_timeout = 500 * kMilli;
  Client client(settings);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    auto errand = post(server.url());
    errand.id = id;
    REQUIRE(client.courier.submit(std::move(errand)));
  }
  CHECK(client.wait_for(1).fate == Fate::unclear);
  CHECK(client.wait_for(2).fate == Fate::not_sent);
}

TEST_CASE("too many open errands are refused and left untouched") {
  Loopback server([](const auto&) { return Reaction{answer(200), 300ms}; });
  Settings settings;
  settings.open_errands = 2;
  Client client(settings);
  for (std::uint64_t id = 1; id <= 2; ++id) {
    auto errand = post(server.url());
    errand.id = id;
    REQUIRE(client.courier.submit(std::move(errand)));
  }
  auto third = post(server.url());
  CHECK_FALSE(client.courier.submit(std::move(third)));
  CHECK(third.request.path == "/messages");
  CHECK(client.wait_for(1).fate == Fate::answered);
  CHECK(client.wait_for(2).fate == Fate::answered);
  CHECK(client.call(std::move(third)).fate == Fate::answered);
}

TEST_CASE("a new credential applies to what already waits") {
  Loopback server([](const auto&) { return Reaction{answer(200), 200ms}; });
  Settings settings;
  settings.host_transfers = 1;
  Client client(settings, token("old"));
  for (std::uint64_t id = 1; id <= 2; ++id) {
    auto errand = post(server.url());
    errand.id = id;
    errand.request.auth.as = Auth::As::bearer;
    REQUIRE(client.courier.submit(std::move(errand)));
  }
  for (int i = 0; i < 100 && server.seen().empty(); ++i) std::this_thread::sleep_for(5ms);
  client.courier.replace(settings, std::make_shared<const Credentials>(token("new")));
  CHECK(client.wait_for(1).fate == Fate::answered);
  CHECK(client.wait_for(2).fate == Fate::answered);
  CHECK(contains(server.seen().at(0).head, "Bearer old\r\n"));
  CHECK(contains(server.seen().at(1).head, "Bearer new\r\n"));
}

TEST_CASE("an external URL that leads to this machine is refused before a connection is made") {
  Loopback server(ok);
  const std::string port = std::to_string(server.port());
  Client client;
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"}) {
    auto errand = get("", "https://" + host + "/secret-path");
    errand.external = true;
    const auto delivery = client.call(errand);
    CHECK((delivery.fate == Fate::refused ? "" : host) == "");
    CHECK_FALSE(contains(delivery.reason, "secret-path"));
  }
  CHECK(client.courier.connections() == 0);
  CHECK(std::chrono::steady_clock::now() - begin < 900ms);  // what ends at once must not wait for the next turn

  Settings sandbox;
  sandbox.allow_local_fetch = true;
  client.courier.replace(sandbox, std::make_shared<const Credentials>());
  auto errand = get("", server.url() + "/image.png");
  errand.external = true;
  CHECK(client.call(errand).fate == Fate::answered);
}

TEST_CASE("a file that is too long is cut off, and one that is too slow is given up in time, redirects included") {
  Loopback server([](const auto& seen) {
    if (seen.head.starts_with("GET /long")) return Reaction{answer(200, std::string(1 << 20, 'x'))};
    if (seen.head.starts_with("GET /slow")) return Reaction{"HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\nabc"};
    return Reaction{answer(302, "", "Location: /slow\r\n"), 300ms};
  });
  Settings settings;
  settings.allow_local_fetch = true;
  settings.total_timeout = 800 * kMilli;
  Client client(settings);
  const auto fetch = [&](const std::string& path, std::size_t limit) {
    auto errand = get("", server.url() + path);
    errand.external = true;
    errand.redirects = 3;
    errand.body_limit = limit;
    return client.call(errand);
  };
  const auto cut = fetch("/long", 1000);
  CHECK(cut.fate == Fate::answered);
  CHECK(cut.truncated);
  CHECK(cut.body.size() == 1000);
  const auto whole = fetch("/long", 1 << 20);
  CHECK_FALSE(whole.truncated);
  CHECK(whole.body.size() == 1 << 20);
  for (const std::string path : {"/slow", "/moved"}) {
    const auto begin = std::chrono::steady_clock::now();
    CHECK(fetch(path, 1000).fate == Fate::unclear);
    CHECK(std::chrono::steady_clock::now() - begin < 1500ms);
  }
}

TEST_CASE("a credential is in nothing that the courier says") {
  const std::string canary = "CANARY-7f3a9c";
  Loopback server([](const auto&) { return Reaction{"", 0ms, Reaction::After::reset}; });
  Settings settings;
  settings.total_timeout = 200 * kMilli;
  Client client(settings, token(canary));
  std::string said;
  const auto collect = [&](const std::string& base) {
    for (const auto as : {Auth::As::bearer, Auth::As::header, Auth::As::query, Auth::As::path}) {
      for (const std::string path : {"/bot{token}/x", "/bot{token}/x y", "bot{token}"}) {
        auto errand = post(base);
        errand.request.path = path;
        errand.request.auth = {as, "X-Key", "token"};
        said += client.call(errand).reason + "\n";
      }
    }
  };
  collect(server.url());
  collect("http://127.0.0.1:" + std::to_string(closed_port()));
  collect("https://no-such-host.invalid");
  collect("https://127.0.0.1:" + std::to_string(server.port()));
  collect("gopher://127.0.0.1");
  CHECK(said.size() > 1000);
  CHECK_FALSE(contains(said, canary));
}

TEST_CASE("at the stop what runs gets its grace and the rest is told as it stands") {
  Loopback server([](const auto& seen) { return Reaction{answer(200), seen.body == "slow" ? 5000ms : 200ms}; });
  Settings settings;
  settings.host_transfers = 2;
  Client client(settings);
  std::uint64_t id = 0;
  for (const char* body : {"slow", "quick", "waits"}) {
    auto errand = post(server.url(), body);
    errand.id = ++id;
    REQUIRE(client.courier.submit(std::move(errand)));
  }
  for (int i = 0; i < 100 && server.seen().size() < 2; ++i) std::this_thread::sleep_for(5ms);
  client.courier.stop(600 * kMilli);
  CHECK(client.waiting() == 3);
  CHECK(client.wait_for(1).fate == Fate::unclear);
  CHECK(client.wait_for(2).fate == Fate::answered);
  CHECK(client.wait_for(3).fate == Fate::not_sent);
  CHECK_FALSE(client.courier.submit(post(server.url())));
}

TEST_CASE("errands submitted while it stops are refused or delivered, never lost") {
  Loopback server(ok);
  for (int round = 0; round < 20; ++round) {
    Client client;
    std::atomic<std::size_t> accepted{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < 3; ++i)
      senders.emplace_back([&] {
        for (int n = 0; n < 200; ++n) accepted += client.courier.submit(post(server.url())) ? 1 : 0;
      });
    std::this_thread::sleep_for(1ms);
    client.courier.stop(0);
    for (auto& one : senders) one.join();
    CHECK(client.waiting() == accepted);
  }
}
