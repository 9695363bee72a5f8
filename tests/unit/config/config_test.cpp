// SPDX-License-Identifier: Apache-2.0
// Good configurations: what they become, how files lie on each other, and that reading changes nothing.
#include <map>

#include "config/schema.hpp"
#include "fixture.hpp"

using namespace postern;
using namespace postern::config;

namespace {

const std::string kGood = R"(
name = "acme.example"
state_dir = "var"
listen = "[::1]:9000"
admin_listen = "127.0.0.1:0"
[ledger]
kek = { file = "kek" }
reserve = "1MiB"
[outbound]
proxy = "http://127.0.0.1:3128"
[limits]
handler_time = "250ms"
[platform.messenger]
plugin = "messenger"
app_secret = [{ credential = "app" }, { credential = "verify" }]
[platform.own]
plugin = "plugins/own.so"
app_secret = { credential = "app" }
[account.acme-messenger]
platform = "messenger"
id = "1"
token = { file = "token" }
unknown = "resend"
answer_within = "30m"
page = "front"
[handler.hello]
plugin = "autoresponder"
author = "campaign"
on_failure = "hold"
greeting = "Olá"
[[route]]
accounts = ["acme-*"]
kinds = ["message"]
handlers = ["hello"]
[[route]]
accounts = ["*"]
handlers = ["hello"]
)";

std::optional<Config> load_text(const Folder& folder, const std::string& text) {
  folder.write("postern.toml", text);
  Problems problems;
  auto config = load(folder.main(), folder.around(), problems);
  INFO(folder.local(problems.text()));
  CHECK(problems.empty());
  return config;
}

}  // namespace

TEST_CASE("a good configuration is read whole") {
  const Folder folder;
  const auto config = load_text(folder, kGood);
  REQUIRE(config);
  CHECK(config->name == "acme.example");
  CHECK(config->state_dir == folder.path() / "var");
  CHECK(config->runtime_dir == "/run/postern");
  CHECK(config->policy_dirs.size() == 2);
  CHECK(config->listen.host == "::1");
  CHECK(config->listen.port == 9000);
  CHECK(config->admin_listen.port == 0);
  REQUIRE(config->keks.size() == 1);
  CHECK(hex(config->keks.at(1)) == kKek);
  CHECK(config->ledger_reserve == 1 << 20);
  CHECK(config->proxy == "http://127.0.0.1:3128");
  CHECK(config->limits.handler_time == 250 * kMilli);
  CHECK(config->limits.codec_time == 2 * kSecond);
  CHECK(config->limits.webhook_body == 3u << 20);

  REQUIRE(config->platforms.size() == 2);
  const PlatformSection& platform = config->platforms[0];
  CHECK(platform.plugin == "messenger");
  CHECK(platform.isolation == Isolation::thread);
  CHECK(platform.secrets.at("app_secret").size() == 2);
  CHECK(config->platforms[1].plugin == (folder.path() / "plugins/own.so").string());
  CHECK(config->platforms[1].isolation == Isolation::process);

  REQUIRE(config->accounts.size() == 1);
  const AccountSection& account = config->accounts[0];
  CHECK(account.resend_unknown);
  CHECK(account.answer_within == 30 * kMinute);
  CHECK(account.settle == kMinute);
  CHECK(account.secrets.at("token")[0].equals("s3cret-token"));

  CHECK(config->handlers.at(0).campaign);
  CHECK(config->handlers.at(0).hold_on_failure);
  REQUIRE(config->routes.size() == 2);
  CHECK(config->routes[0].kinds == std::vector<std::string>{"message"});
  CHECK(config->routes[1].kinds.size() == 5);
}

TEST_CASE("an external handler needs no plugin's file: nothing is known of it before it says hello") {
  const Folder folder;
  std::string text = kGood;
  text.insert(text.find("[[route]]"), "[handler.shout]\nisolation = \"external\"\nuser = \"shout\"\n");
  const auto config = load_text(folder, text);
  REQUIRE(config);
  REQUIRE(config->handlers.size() == 2);
  CHECK(config->handlers[1].plugin.empty());
  CHECK(config->handlers[1].isolation == Isolation::external);
  CHECK(config->handlers[1].user == "shout");
}

TEST_CASE("files of conf.d lie on top in the order of their names: tables merge, the rest is replaced") {
  const Folder folder;
  folder.write("conf.d/20-b.toml", "log_level = \"error\"\nplugin_dirs = [\"c\"]\n");
  folder.write("conf.d/10-a.toml", "log_level = \"debug\"\nplugin_dirs = [\"a\", \"b\"]\n[limits]\nopen_calls = 3\n");
  folder.write("conf.d/30-c.toml",
               "[account.acme-messenger]\nsettle = \"5s\"\n[account.second]\nplatform = \"own\"\n"
               "id = \"2\"\n");
  folder.write("conf.d/ignored.txt", "this is no TOML");
  const auto config = load_text(folder, kGood);
  REQUIRE(config);
  CHECK(config->log_level == log::Level::error);
  CHECK(config->plugin_dirs == std::vector<std::filesystem::path>{folder.path() / "c"});
  CHECK(config->limits.open_calls == 3);
  CHECK(config->limits.handler_time == 250 * kMilli);
  REQUIRE(config->accounts.size() == 2);
  CHECK(config->accounts[0].settle == 5 * kSecond);
  CHECK(config->accounts[0].resend_unknown);
}

TEST_CASE("the hash follows the files and nothing else") {
  const Folder one, two;
  const auto first = load_text(one, kGood), second = load_text(two, kGood);
  REQUIRE((first && second));
  CHECK(first->hash.size() == 64);
  CHECK(first->hash == second->hash);
  CHECK(load_text(two, kGood + "\n")->hash != first->hash);
  two.write("conf.d/a.toml", "");
  CHECK(load_text(two, kGood)->hash != first->hash);
}

TEST_CASE("reading changes nothing on disk, whether it succeeds or not") {
  const Folder folder;
  folder.write("postern.toml", kGood);
  folder.write("var/ledger.db", "the ledger");
  const auto look = [&] {
    std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>> seen;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path()))
      seen[entry.path().string()] = {entry.is_regular_file() ? entry.file_size() : 0, entry.last_write_time()};
    return seen;
  };
  for (const char* more : {"", "nonsense"}) {
    folder.write("conf.d/more.toml", more);
    const auto before = look();
    Problems problems;
    const bool loaded = load(folder.main(), folder.around(), problems).has_value();
    CHECK(loaded == std::string_view(more).empty());
    CHECK(look() == before);
  }
}

TEST_CASE("the shipped example is valid as it is, and with all that it shows") {
  std::ifstream file(POSTERN_EXAMPLE);
  std::string as_it_is, all_of_it;
  for (std::string line; std::getline(file, line);) {
    as_it_is += line + "\n";
    const bool key = line.size() > 1 && line[0] == '#' && line[1] != ' ';
    all_of_it += (key ? line.substr(1) : line) + "\n";
  }
  const Folder folder;
  for (const char* name : {"meta-app", "meta-verify", "acme-page"})
    folder.write(std::string("credentials/") + name, "s3cret", 0400);
  folder.write("ca.pem", "a certificate");
  const auto minimal = load_text(folder, as_it_is);
  REQUIRE(minimal);
  CHECK(minimal->platforms.empty());
  const auto whole = load_text(folder, all_of_it);
  REQUIRE(whole);
  CHECK(whole->platforms.size() == 1);
  CHECK(whole->accounts.size() == 1);
  CHECK(whole->routes.size() == 1);
  // What it shows as a default is the default.
  CHECK(whole->limits.seen_in_memory == minimal->limits.seen_in_memory);
  CHECK(whole->limits.hold_at_most == minimal->limits.hold_at_most);
  CHECK(whole->ledger_reserve == minimal->ledger_reserve);
  CHECK(whole->policy_dirs == minimal->policy_dirs);
  // And it shows every key.
  for (const Key& key : daemon_schema()) {
    INFO(key.section << " " << key.name);
    CHECK((all_of_it.find("\n" + std::string(key.name) + " = ") != std::string::npos || key.name == "user"));
  }
}

TEST_CASE("a plugin is found in the first folder that has it, or where its path says") {
  const Folder folder;
  folder.write("b/demo.so", "");
  folder.write("c/demo.so", "");
  Config config;
  config.plugin_dirs = {folder.path() / "a", folder.path() / "b", folder.path() / "c"};
  PluginSection section;
  Problems problems;
  section.plugin = "demo";
  CHECK(plugin_file(config, section, problems) == folder.path() / "b/demo.so");
  section.plugin = (folder.path() / "c/demo.so").string();
  CHECK(plugin_file(config, section, problems) == folder.path() / "c/demo.so");
  CHECK(problems.empty());
  section.plugin = "other";
  section.place = {"postern.toml", 3, 1};
  CHECK(plugin_file(config, section, problems).empty());
  CHECK(folder.local(problems.text()) ==
        "postern.toml:3:1: there is no plugin \"other\": looked for a/other.so, b/other.so, c/other.so (install it, or "
        "correct plugin_dirs)\n");
}
