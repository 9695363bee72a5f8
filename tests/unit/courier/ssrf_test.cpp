// SPDX-License-Identifier: Apache-2.0
// Server-side request forgery: whatever URL a stranger sends, whatever its name resolves to, wherever the answer
// points, no connection leads to an address that is not one of the public Internet. The cases are data
// (tests/data/ssrf).
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "catch.hpp"
#include "unit/courier/client.hpp"
#include "unit/courier/loopback.hpp"
#include "unit/courier/outside.hpp"

using namespace postern;
using namespace postern::courier;
using namespace postern::test;

namespace {

constexpr const char* kNamesOfServer = "DNS:media.example,DNS:*.media.example,IP:8.8.8.8,IP:1.1.1.1";

std::vector<std::string> split(const std::string& text, char by) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, by);) parts.push_back(part);
  return parts;
}

/// One line of the table: id, URL, names, moves, expectation (its head says how they are written).
struct Case {
  std::string id, url, expected;
  outside::Names names;
  std::map<std::string, std::string> moves;  ///< host and path -> location
};

Case parse(const std::string& line) {
  std::istringstream in(line);
  Case one;
  std::string names, moves;
  in >> one.id >> one.url >> names >> moves >> one.expected;
  INFO(line);
  REQUIRE((in && !one.expected.empty()));
  for (const auto& name : names == "-" ? std::vector<std::string>{} : split(names, ';')) {
    const auto equals = name.find('=');
    for (const auto& look_up : split(name.substr(equals + 1), '/'))
      one.names[name.substr(0, equals)].push_back(split(look_up, ','));
  }
  for (const auto& move : moves == "-" ? std::vector<std::string>{} : split(moves, ';')) {
    const auto arrow = move.find("=>");
    one.moves[move.substr(0, arrow)] = move.substr(arrow + 2);
  }
  return one;
}

std::vector<Case> cases() {
  std::ifstream file(POSTERN_TEST_DATA "/ssrf/cases.txt");
  REQUIRE(file);
  std::vector<Case> all;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') all.push_back(parse(line));
  return all;
}

std::string header(const std::string& head, const std::string& name) {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == head.npos) return {};
  const auto begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// The server that stands for the whole Internet: it moves who asks to where the case says, or gives a picture.
class Internet {
 public:
  Internet() : server_([this](const auto& seen) { return answer_to(seen.head); }, Loopback::Kind::tls, kNamesOfServer) {
    REQUIRE(mkstemp(authority_.data()) >= 0);
    std::ofstream(authority_) << server_.certificate();
  }
  ~Internet() { unlink(authority_.c_str()); }

  void play(const Case& one) {
    std::lock_guard lock(mutex_);
    moves_ = one.moves;
    outside::begin(one.names, server_.port());
  }
  const std::string& authority() const { return authority_; }

 private:
  Reaction answer_to(const std::string& head) {
    std::lock_guard lock(mutex_);
    const auto path = head.substr(4, head.find(' ', 4) - 4);
    const auto found = moves_.find(header(head, "Host") + path);
    if (found == moves_.end()) return {answer(200, "GIF89a", "Content-Type: image/gif\r\n")};
    return {answer(302, "", "Location: " + found->second + "\r\n")};
  }

  std::mutex mutex_;
  std::map<std::string, std::string> moves_;
  std::string authority_ = "/tmp/postern-ssrf-XXXXXX";
  Loopback server_;
};

Settings settings_with(const Internet& internet) {
  Settings settings;
  settings.ca_file = internet.authority();
  settings.total_timeout = 5 * kSecond;
  return settings;
}

Errand medium(const std::string& url) {
  auto errand = get("", url);
  errand.external = true;
  errand.redirects = 3;
  return errand;
}

/// What the table may expect.
std::string outcome(const Delivery& delivery) {
  if (delivery.fate == Fate::answered && delivery.status == 200) return "fetched";
  if (delivery.fate == Fate::answered) return std::to_string(delivery.status);
  if (delivery.fate == Fate::refused) return "refused";
  return delivery.fate == Fate::not_sent ? "failed" : "unclear";
}

}  // namespace

TEST_CASE("no URL, name or redirect leads inside") {
  Internet internet;
  const auto all = cases();
  CHECK(all.size() >= 150);
  int fetched = 0;
  for (const auto& one : all) {
    INFO(one.id << " " << one.url);
    internet.play(one);
    Client client(settings_with(internet));  // a new one each, so that no connection is left over from another case
    const auto delivery = client.call(medium(one.url));
    INFO(delivery.reason);
    CHECK(outcome(delivery) == one.expected);
    CHECK(outside::connected_inside().empty());
    fetched += outcome(delivery) == "fetched";
  }
  CHECK(fetched >= 10);  // the guard lets the Internet pass
}

TEST_CASE("the table's world would see a connection inside") {
  // A guard for the test itself: with the permission for this machine, the same hook counts a connection to it.
  Internet internet;
  internet.play({});
  auto settings = settings_with(internet);
  settings.allow_local_fetch = true;
  Client client(settings);
  CHECK(outcome(client.call(medium("https://127.0.0.1:9/"))) == "failed");
  CHECK(outside::connected_inside() == std::vector<std::string>{"127.0.0.1"});
}

TEST_CASE("the permission for this machine opens no other address") {
  Internet internet;
  auto settings = settings_with(internet);
  settings.allow_local_fetch = true;
  for (const auto& one : cases()) {
    if (one.expected == "fetched") continue;
    INFO(one.id << " " << one.url);
    internet.play(one);
    Client client(settings);
    const auto delivery = client.call(medium(one.url));
    CHECK(outcome(delivery) != "fetched");
    for (const auto& address : outside::connected_inside()) CHECK((address.starts_with("127.") || address == "::1"));
  }
}

TEST_CASE("a connection that is kept is not a way around the guard") {
  Internet internet;
  Case one = parse("kept https://a.media.example/1 a.media.example=8.8.8.8/10.0.0.1 - fetched");
  internet.play(one);
  Client client(settings_with(internet));
  CHECK(outcome(client.call(medium(one.url))) == "fetched");
  CHECK(outcome(client.call(medium(one.url))) == "fetched");  // the same connection, to the same public address
  client.courier.replace(settings_with(internet), std::make_shared<const Credentials>());
  CHECK(outside::connected_inside().empty());
}

TEST_CASE("redirects end after so many, and none is followed unless asked for") {
  Internet internet;
  internet.play(
      parse("r https://a.media.example/0 a.media.example=8.8.8.8 "
            "a.media.example/0=>/1;a.media.example/1=>/2;a.media.example/2=>/3;a.media.example/3=>/4 302"));
  Client client(settings_with(internet));
  auto errand = medium("https://a.media.example/0");
  for (int redirects = 0; redirects <= 5; ++redirects) {
    errand.redirects = redirects;
    CHECK(outcome(client.call(errand)) == (redirects < 4 ? "302" : "fetched"));
  }
  auto own = get("https://a.media.example", "/0");
  own.redirects = 3;  // of no meaning where the URL is the account's own
  CHECK(outcome(client.call(own)) == "302");
}
