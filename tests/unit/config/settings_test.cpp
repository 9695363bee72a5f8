// SPDX-License-Identifier: Apache-2.0
// The snapshot for the core, and how it is asked for accounts and routes.
#include "fixture.hpp"

using namespace postern;
using namespace postern::config;

namespace {

const std::string kText = R"(policy_dirs = [")" POSTERN_POLICIES R"("]
[ledger]
kek = { file = "kek" }
[limits]
profile_wait = "1s"
[platform.meta]
plugin = "messenger"
app_secret = { credential = "app" }
[account.acme-one]
platform = "meta"
id = "1"
token = { file = "token" }
[account.acme-two]
platform = "meta"
id = "2"
token = { file = "token" }
unknown = "resend"
policy = "own.toml"
[handler.hello]
plugin = "hello"
greeting = "Hi"
[handler.desk]
plugin = "desk"
isolation = "external"
user = "desk"
greeting = "Hi"
[[route]]
accounts = ["acme-o*"]
kinds = ["message", "postback"]
handlers = ["desk", "hello"]
[[route]]
accounts = ["*-two"]
handlers = ["hello"]
)";
const std::string kOwn = "version = \"own\"\nextends = \"2026-09\"\n[text]\nmax = 50\n";

std::shared_ptr<const core::Settings> built(const Folder& folder) {
  folder.write("postern.toml", kText);
  Problems problems;
  auto settings = check(folder, problems);
  INFO(folder.local(problems.text()));
  REQUIRE(settings);
  return settings;
}

}  // namespace

TEST_CASE("the snapshot holds accounts, handlers, routes and packs") {
  const Folder folder;
  folder.write("own.toml", kOwn);
  const auto settings = built(folder);
  REQUIRE(settings->accounts.size() == 2);
  const core::AccountSettings& one = settings->accounts[0];
  const core::AccountSettings& two = settings->accounts[1];
  CHECK(one.name == "acme-one");
  CHECK(one.platform == "messenger");
  CHECK(one.section == "meta");
  CHECK(one.actor == "plugin:demo@1.0.0");
  CHECK(one.settles == core::Settles::echo);
  CHECK(one.looks_up_profiles);
  CHECK_FALSE(one.resend_unknown);
  CHECK(two.resend_unknown);
  CHECK(one.key != two.key);
  CHECK(one.pack->data().version == "2026-09");
  for (const core::policy::Rule& rule : two.pack->data().rules)
    if (rule.kind == "text") CHECK(rule.number("max") == 50);
  CHECK(settings->handlers[1].external);
  CHECK(settings->profile_wait == kSecond);
  CHECK(settings->hash.size() == 64);
  folder.write("own.toml", kOwn + "split = false\n");
  CHECK(built(folder)->hash != settings->hash);
}

TEST_CASE("an account is known by the path's name, else by the platform's id") {
  const Folder folder;
  folder.write("own.toml", kOwn);
  const auto settings = built(folder);
  CHECK(settings->account("meta", "acme-two", "")->name == "acme-two");
  CHECK(settings->account("meta", "", "1")->name == "acme-one");
  CHECK(settings->account("meta", "", "3") == nullptr);
  CHECK(settings->account("other", "", "1") == nullptr);
  CHECK(settings->account("other", "acme-one", "1") == nullptr);
  CHECK(settings->account("acme-one")->account_key == "1");
  CHECK(settings->account("acme") == nullptr);
}

TEST_CASE("the first route that matches account and kind is taken") {
  const Folder folder;
  folder.write("own.toml", kOwn);
  const auto settings = built(folder);
  using core::Kind;
  const core::RouteSettings* route = settings->route("acme-one", Kind::message);
  REQUIRE(route != nullptr);
  CHECK(route->handlers == std::vector<std::size_t>{1, 0});
  CHECK(settings->route("acme-one", Kind::comment) == nullptr);
  CHECK(settings->route("acme-two", Kind::comment) == &settings->routes[1]);
  CHECK(settings->route("acme-two", Kind::receipt) == nullptr);
}

TEST_CASE("patterns: a star stands for any text, everything else for itself") {
  core::Settings settings;
  const auto matches = [&](const std::string& pattern, std::string_view name) {
    core::RouteSettings route;
    route.accounts = {pattern};
    route.kinds = 1;
    settings.routes = {route};
    return settings.route(name, core::Kind::message) != nullptr;
  };
  CHECK(matches("*", "anything"));
  CHECK(matches("acme", "acme"));
  CHECK(matches("acme*", "acme"));
  CHECK(matches("a*e*x", "acme-acme-x"));
  CHECK(matches("*-x", "a-x-x"));
  CHECK(matches("**", "x"));
  CHECK_FALSE(matches("acme", "acme-x"));
  CHECK_FALSE(matches("acme-?", "acme-x"));
  CHECK_FALSE(matches("*-y", "a-x"));
  CHECK_FALSE(matches("", "x"));
  CHECK_FALSE(matches("a*b*c", "acb"));
}
