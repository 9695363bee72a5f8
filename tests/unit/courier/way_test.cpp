// SPDX-License-Identifier: Apache-2.0
// The way to the peer: TLS and its certificates, proxies.
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "catch.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;
using namespace std::chrono_literals;

namespace {

Reaction ok(const Loopback::Seen&) {
  return {answer(200)};
}

/// A file that is gone at the end of the test.
struct TemporaryFile {
  std::string path = "/tmp/postern-courier-XXXXXX";
  explicit TemporaryFile(const std::string& content) {
    const int file = mkstemp(path.data());
    REQUIRE(file >= 0);
    REQUIRE(write(file, content.data(), content.size()) == static_cast<ssize_t>(content.size()));
    close(file);
  }
  ~TemporaryFile() { unlink(path.c_str()); }
};

}  // namespace

TEST_CASE("a certificate that nobody vouches for was not sent to, and the reason says so") {
  Loopback server(ok, Loopback::Kind::tls);
  Client client;
  const auto delivery = client.call(post(server.url()));
  CHECK(delivery.fate == Fate::not_sent);
  CHECK(delivery.reason.find("self-signed certificate") != std::string::npos);
  CHECK(server.seen().empty());
}

TEST_CASE("a new CA file applies after a reload, to new connections") {
  Loopback server(ok, Loopback::Kind::tls);
  const TemporaryFile authority(server.certificate());
  Client client;
  REQUIRE(client.call(post(server.url())).fate == Fate::not_sent);
  Settings settings;
  settings.ca_file = authority.path;
  client.courier.replace(settings, std::make_shared<const Credentials>());
  for (int i = 0; i < 3; ++i) CHECK(client.call(post(server.url(), "x")).fate == Fate::answered);
  CHECK(server.seen().size() == 3);

  client.courier.replace({}, std::make_shared<const Credentials>());
  CHECK(client.call(post(server.url())).fate == Fate::not_sent);
}

TEST_CASE("over TLS, too, a request that was applied before the connection broke arrives once and is unclear") {
  Loopback server(
      [](const auto& seen) {
        if (seen.nth == 1) return Reaction{answer(200)};
        return Reaction{"", 0ms, Reaction::After::reset};
      },
      Loopback::Kind::tls);
  const TemporaryFile authority(server.certificate());
  Settings settings;
  settings.ca_file = authority.path;
  Client client(settings);
  REQUIRE(client.call(post(server.url(), "first")).fate == Fate::answered);
  CHECK(client.call(post(server.url(), "second")).fate == Fate::unclear);
  const auto seen = server.seen();
  CHECK(std::count_if(seen.begin(), seen.end(), [](const auto& one) { return one.body == "second"; }) == 1);
}

TEST_CASE("a configured proxy is used, except for external URLs; the environment's is not") {
  Loopback proxy(ok);
  Loopback server(ok);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  setenv("all_proxy", "http://127.0.0.1:1", 1);
  Client direct;
  CHECK(direct.call(get(server.url(), "/direct")).fate == Fate::answered);

  Settings settings;
  settings.proxy = proxy.url();
  settings.allow_local_fetch = true;
  Client client(settings);
  CHECK(client.call(get(server.url(), "/through")).fate == Fate::answered);
  REQUIRE(proxy.seen().size() == 1);
  CHECK(proxy.seen()[0].head.starts_with("GET " + server.url() + "/through HTTP/1.1"));

  auto external = get("", server.url() + "/external");
  external.external = true;
  CHECK(client.call(external).fate == Fate::answered);
  CHECK(proxy.seen().size() == 1);
  CHECK(server.seen().size() == 2);
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}
