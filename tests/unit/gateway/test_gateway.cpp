// SPDX-License-Identifier: Apache-2.0
// The whole gateway from outside, over loopback.
#include <fcntl.h>
#include <sys/resource.h>

#include <thread>

#include "catch.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

using namespace std::chrono_literals;
using test::Client;
using test::Rig;
using test::signed_post;
using Broker = Rig::Broker;

std::uint64_t responses(const Rig& rig, int status) {
  return rig.counters.responses[status_index(status)];
}

TEST_CASE("A signed webhook reaches the broker as it came, and its answer goes back") {
  Rig rig;
  auto client = rig.client();
  const std::string body = R"({"object":"page"})";
  const auto reply = client.ask(signed_post(body));
  CHECK(reply.status == 200);
  CHECK(reply.body.empty());
  const auto delivery = rig.wait(1).second;
  CHECK(delivery.section == "messenger");
  CHECK_FALSE(delivery.account);
  CHECK(delivery.method == "POST");
  CHECK(delivery.path == "/webhooks/messenger");
  CHECK(delivery.headers == Pairs{{"content-type", "application/json"}});
  CHECK(delivery.body == body);

  const auto telegram = client.ask(
      "POST /webhooks/telegram/acme-bot?a=%41 HTTP/1.1\r\nHost: h\r\n"
      "X-Telegram-Bot-Api-Secret-Token: tg_secret-AZ09\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(telegram.status == 200);
  const auto update = rig.wait(2).second;
  CHECK(update.account == "acme-bot");
  CHECK(update.query == Pairs{{"a", "A"}});
  CHECK(rig.counters.verified == 2);
}

TEST_CASE("What is not signed, or signed by somebody else, ends at the gateway") {
  Rig rig;
  auto client = rig.client();
  const auto request = [](std::string_view fields, std::string_view body) {
    return "POST /webhooks/messenger HTTP/1.1\r\nHost: h\r\n" + std::string(fields) +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  };
  const auto field = "X-Hub-Signature-256: " + test::mac("{}") + "\r\n";
  for (const auto& forged : {request("", "{}"), request(field, "{ }"), request(field + field, "{}"),
                             request("X-Hub-Signature-256: \r\n", "{}"), request("X-Hub-Signature: sha1=0\r\n", "{}"),
                             request("X-Telegram-Bot-Api-Secret-Token: tg_secret-AZ09\r\n", "{}")}) {
    INFO(forged);
    const auto reply = client.ask(forged);
    CHECK(reply.status == 403);
    CHECK(reply.body == "The signature or token is missing or wrong.");
  }
  CHECK(client.ask(request(field, "{}")).status == 200);  // on the same connection
  CHECK(rig.taken() == 1);
}

TEST_CASE("Bytes that are no JSON and no UTF-8 are taken if their signature is right") {
  Rig rig;
  auto client = rig.client();
  for (const std::string& body : {std::string("{\"object\":\"pa"), std::string("\xff\x00\xfe", 3), std::string()}) {
    CHECK(client.ask(signed_post(body)).status == 200);
    CHECK(rig.wait(1).second.body == body);
  }
  CHECK(rig.taken() == 3);
}

TEST_CASE("Paths and methods that lead nowhere") {
  Rig rig;
  const auto ask = [&](std::string_view line) {
    return rig.client().ask(std::string(line) + " HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
  };
  CHECK(ask("POST /webhooks/nobody").status == 404);
  CHECK(ask("GET /").status == 404);
  CHECK(ask("POST /webhooks/telegram").status == 404);
  const auto put = ask("PUT /webhooks/messenger");
  CHECK(put.status == 405);
  CHECK(put.has("Allow: GET, POST\r\n"));
  const auto get = ask("GET /webhooks/telegram/acme-bot");
  CHECK(get.status == 405);
  CHECK(get.has("Allow: POST\r\n"));
  CHECK(responses(rig, 405) == 2);

  auto client = rig.client();  // a response to HEAD has no body, or the next response would begin with it
  client.send("HEAD /webhooks/messenger HTTP/1.1\r\nHost: h\r\n\r\n" + signed_post("{}"));
  CHECK(client.read_head().status == 405);
  CHECK(client.read().status == 200);
}

TEST_CASE("The handshake is answered on the webhook's own address") {
  Rig rig;
  auto client = rig.client();
  const auto get = [&](std::string_view query) {
    return client.ask("GET /webhooks/messenger?" + std::string(query) + " HTTP/1.1\r\nHost: h\r\n\r\n");
  };
  const auto reply = get("hub.mode=subscribe&hub.challenge=1726354490&hub.verify_token=postern-verify-7788");
  CHECK(reply.status == 200);
  CHECK(reply.body == "1726354490");
  CHECK(get("hub.mode=subscribe&hub.challenge=1726354490&hub.verify_token=guess").status == 403);
  CHECK(get("hub.mode=%").status == 400);
  CHECK(get("").status == 403);
  CHECK(rig.taken() == 0);
}

TEST_CASE("A body of exactly the limit is taken, one byte more is not") {
  Rig rig;
  const std::string largest(3 * 1024 * 1024, 'x');
  auto client = rig.client();
  CHECK(client.ask(signed_post(largest)).status == 200);
  CHECK(rig.wait(1).second.body == largest);

  auto larger = rig.client();
  larger.send(signed_post(largest + "x"));
  CHECK(larger.read().status == 413);
  CHECK(larger.closed());  // not reset, though most of the body was still on its way

  auto chunked = rig.client();
  CHECK(chunked
            .ask("POST /webhooks/messenger HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n300000\r\n" +
                 largest + "\r\n1\r\nx\r\n0\r\n\r\n")
            .status == 413);
  CHECK(rig.taken() == 1);
}

TEST_CASE("Large bodies that nobody has verified yet share one budget") {
  Limits limits;
  limits.large_bodies_bytes = 300'000;
  Rig rig(Broker::answers, limits);
  const std::string body(250'000, 'x');
  const auto request = signed_post(body);
  auto first = rig.client();
  first.send(std::string_view(request).substr(0, request.size() - 1));
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (rig.counters.large_bodies < body.size() - 1 && std::chrono::steady_clock::now() < end) ::usleep(1000);
  auto second = rig.client();
  auto refused = second.ask(request);
  CHECK(refused.status == 503);
  CHECK(refused.has("Retry-After: 5\r\n"));
  CHECK(rig.client().ask(signed_post("{}")).status == 200);  // small ones pass
  first.send("x");
  CHECK(first.read().status == 200);
  CHECK(rig.client().ask(request).status == 200);  // the budget is free again
}

TEST_CASE("A connection is used again, and pipelined requests are answered in order") {
  Rig rig;
  auto client = rig.client();
  for (int i = 0; i < 20; ++i) CHECK(client.ask(signed_post("{}")).status == 200);
  CHECK(rig.counters.connections == 1);
  client.send(signed_post("1") + signed_post("2") + "GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n" + signed_post("3"));
  for (const int status : {200, 200, 404, 200}) CHECK(client.read().status == status);
  CHECK(rig.taken() == 23);
}

TEST_CASE("A request that ends the connection is answered before it ends") {
  Rig rig;
  auto client = rig.client();
  const auto reply = client.ask(signed_post("{}", "Connection: close\r\n"));
  CHECK(reply.status == 200);
  CHECK(reply.has("Connection: close\r\n"));
  CHECK(client.closed());

  Limits limits;
  limits.requests_per_connection = 2;
  Rig strict(Broker::answers, limits);
  auto second = strict.client();
  CHECK_FALSE(second.ask(signed_post("{}")).has("Connection: close\r\n"));
  CHECK(second.ask(signed_post("{}")).has("Connection: close\r\n"));
  CHECK(second.closed());
}

TEST_CASE("A webhook without an answer gets 503 in time, and the late answer hurts nobody") {
  Limits limits;
  limits.answer_time = 500 * kMilli;
  Rig rig(Broker::is_silent, limits);
  auto client = rig.client();
  client.send(signed_post("{}"));
  const auto id = rig.wait(1).first;
  const auto reply = client.read(2s);
  CHECK(reply.status == 503);
  CHECK(reply.has("Retry-After: 5\r\n"));
  CHECK(rig.counters.unanswered == 1);

  client.send(signed_post("again"));
  const auto next = rig.wait(2).first;
  rig.gateway.answer(std::vector<Answer>{{id, 200}, {next, 200}, {next, 200}, {WebhookId{~0ull}, 200}});
  CHECK(client.read().status == 200);
  CHECK(client.ask("GET / HTTP/1.1\r\nHost: h\r\n\r\n").status == 404);  // nothing stray came between
  CHECK(rig.counters.late == 3);
}

TEST_CASE("The default answer time is kept") {
  Rig rig(Broker::is_silent);
  auto client = rig.client();
  const auto begin = std::chrono::steady_clock::now();
  CHECK(client.ask(signed_post("{}")).status == 503);
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took > 3500ms);
  CHECK(took < 4500ms);
}

TEST_CASE("A full broker is a 503, and the platform comes again") {
  Rig rig(Broker::is_full);
  auto client = rig.client();
  const auto reply = client.ask(signed_post("{}"));
  CHECK(reply.status == 503);
  CHECK(reply.has("Retry-After: 5\r\n"));
  CHECK(rig.counters.full == 1);
}

TEST_CASE("The broker's 503 is told to the platform as such") {
  Rig rig(Broker::is_silent);
  auto client = rig.client();
  client.send(signed_post("{}"));
  rig.gateway.answer(rig.wait(1).first, 503);
  const auto reply = client.read();
  CHECK(reply.status == 503);
  CHECK(reply.has("Retry-After: 5\r\n"));
}

TEST_CASE("Who sends slowly is cut off") {
  Limits limits;
  limits.head_time = limits.body_time = 500 * kMilli;
  limits.idle_time = 750 * kMilli;
  Rig rig(Broker::answers, limits);
  auto silent = rig.client();
  auto head = rig.client();
  head.send("POST /webhooks/messenger HTT");
  auto body = rig.client();
  const auto request = signed_post("hello");
  body.send(std::string_view(request).substr(0, request.size() - 2));
  auto idle = rig.client();
  CHECK(idle.ask(signed_post("{}")).status == 200);

  CHECK(silent.closed(3s));
  CHECK(head.read(3s).status == 408);
  CHECK(head.closed(3s));
  CHECK(body.read(3s).status == 408);
  CHECK(idle.closed(3s));
  CHECK(rig.taken() == 1);
  CHECK(responses(rig, 408) == 2);
}

TEST_CASE("Slow bytes do not stretch the deadline of a head") {
  Limits limits;
  limits.head_time = 500 * kMilli;
  Rig rig(Broker::answers, limits);
  auto client = rig.client();
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 40 && client.send("POST"); ++i) std::this_thread::sleep_for(50ms);
  CHECK(client.read(1s).status == 408);
  CHECK(std::chrono::steady_clock::now() - begin < 3500ms);
}

TEST_CASE("At the limit of connections who has not sent makes room; who waits for an answer does not") {
  Limits limits;
  limits.connections = 2;
  Rig rig(Broker::is_silent, limits);
  auto first = rig.client();
  first.send(signed_post("1"));
  const auto id = rig.wait(1).first;
  auto idle = rig.client();
  auto third = rig.client();
  third.send(signed_post("3"));
  rig.wait(2);
  CHECK(idle.closed());
  CHECK(rig.counters.evicted == 1);

  const auto refused = rig.client().read();
  CHECK(refused.status == 503);
  CHECK(refused.has("Connection: close\r\n"));
  rig.gateway.answer(id, 200);
  CHECK(first.read().status == 200);
  CHECK(rig.counters.open == 2);
}

TEST_CASE("A crowd of slow connections does not keep others out") {
  Limits limits;
  limits.connections = 20;
  Rig rig(Broker::answers, limits);
  auto used = rig.client();
  CHECK(used.ask(signed_post("{}")).status == 200);
  const auto request = signed_post("hello");
  std::vector<Client> slow;
  for (int i = 0; i < 60; ++i) {
    slow.push_back(rig.client());
    slow.back().send(std::string_view(request).substr(0, i % 2 ? 10 : request.size() - 1));
  }
  for (int i = 0; i < 10; ++i) CHECK(rig.client().ask(signed_post("{}")).status == 200);
  CHECK(used.ask(signed_post("{}")).status == 200);  // the idle one of a good peer goes last
  CHECK(rig.counters.evicted >= 40);
  CHECK(rig.counters.open <= 20);
}

TEST_CASE("Who asks before sending a body is told to go on, or why not") {
  Rig rig;
  auto client = rig.client();
  const auto request = signed_post("hello", "Expect: 100-continue\r\n");
  client.send(std::string_view(request).substr(0, request.size() - 5));
  CHECK(client.read().status == 100);
  client.send("hello");
  CHECK(client.read().status == 200);

  CHECK(client.ask(request).status == 200);  // the body came without waiting, so there is no interim response

  auto large = rig.client();
  CHECK(large
            .ask("POST /webhooks/messenger HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
                 "Content-Length: 3145729\r\n\r\n")
            .status == 413);
  auto lost = rig.client();
  CHECK(lost.ask("POST /nowhere HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n").status ==
        404);
}

TEST_CASE("New endpoints hold from the next request on") {
  Rig rig;
  auto client = rig.client();
  CHECK(client.ask(signed_post("{}")).status == 200);
  auto changed = test::endpoints();
  changed.front().secrets = {Secret("rotated")};
  rig.gateway.replace(Endpoints::make(changed).value());
  CHECK(client.ask(signed_post("{}")).status == 403);
  rig.gateway.replace(Endpoints{});
  CHECK(client.ask(signed_post("{}")).status == 404);
}

TEST_CASE("A peer that leaves before its answer is no trouble") {
  Rig rig(Broker::is_silent);
  for (std::size_t i = 1; i <= 20; ++i) {
    WebhookId id;
    {
      auto client = rig.client();
      client.send(signed_post("{}"));
      id = rig.wait(i).first;
    }
    rig.gateway.answer(id, 200);
  }
  const auto end = std::chrono::steady_clock::now() + 5s;
  while (rig.counters.open > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(10ms);
  CHECK(rig.counters.open == 0);
}

TEST_CASE("Many connections at once, answered in bursts from another thread") {
  Rig rig(Broker::is_silent);
  std::vector<Client> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(rig.client());
  for (std::size_t round = 1; round <= 5; ++round) {
    for (auto& client : clients) client.send(signed_post("{}"));
    rig.wait(100 * round);
    std::vector<Answer> answers;
    for (const auto& id : rig.ids_since(100 * (round - 1))) answers.push_back({id, 200});
    rig.gateway.answer(answers);
    for (auto& client : clients) REQUIRE(client.read().status == 200);
  }
  CHECK(rig.counters.late == 0);
}

TEST_CASE("Without file descriptors the gateway pauses, and goes on when there are some") {
  Rig rig;
  Client waiting;
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low{256, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &low) == 0);
  std::vector<int> taken;
  for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) taken.push_back(fd);
  waiting.connect(rig.gateway.port());
  waiting.send(signed_post("{}"));
  std::this_thread::sleep_for(450ms);
  const auto errors = rig.counters.accept_errors.load();
  for (const int fd : taken) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  CHECK(errors >= 1);
  CHECK(errors <= 6);
  CHECK(waiting.read().status == 200);
}

TEST_CASE("An address that is taken is a clear error") {
  Rig rig;
  Counters counters;
  const auto again = [&] {
    Gateway(
        "127.0.0.1", rig.gateway.port(), Limits{}, Endpoints{}, [](WebhookId, VerifiedBody&&) { return true; },
        counters);
  };
  CHECK_THROWS_WITH(again(), Catch::Contains("cannot listen on 127.0.0.1 port"));
}

}  // namespace
}  // namespace postern::gateway
