// SPDX-License-Identifier: Apache-2.0
#include "config/reader.hpp"

#include <algorithm>
#include <charconv>

namespace postern::config {
namespace fs = std::filesystem;
namespace {

std::string in_quotes(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

log::Level level_of(std::string_view word) {
  return word == "debug"     ? log::Level::debug
         : word == "warning" ? log::Level::warning
         : word == "error"   ? log::Level::error
                             : log::Level::info;
}

core::MediaPolicy media_of(std::string_view word) {
  return word == "store"  ? core::MediaPolicy::store
         : word == "hash" ? core::MediaPolicy::hash
                          : core::MediaPolicy::link;
}

Isolation isolation_of(std::string_view word) {
  return word == "thread" ? Isolation::thread : word == "external" ? Isolation::external : Isolation::process;
}

template <typename Section>
std::vector<std::string_view> names_of(const std::vector<Section>& sections) {
  std::vector<std::string_view> names;
  for (const Section& section : sections) names.push_back(section.name);
  return names;
}

}  // namespace

Config Reader::read() {
  read_top();
  read_ledger();
  read_roles();
  read_outbound();
  read_limits();
  each_section("platform", [&](const Member& section) { read_platform(section); });
  each_section("account", [&](const Member& section) { read_account(section); });
  each_section("handler", [&](const Member& section) { read_handler(section); });
  each_item("route", [&](const Node& item) { read_route(item); });
  each_item("retention", [&](const Node& item) { read_retention(item); });
  read_publish();
  each_item("witness", [&](const Node& item) { read_witness(item); });
  check_accounts();
  check_routes();
  return std::move(config_);
}

template <typename Read>
void Reader::each_item(std::string_view name, Read read) {
  const Node* list = document_.find(name);
  if (list == nullptr) return;
  if (list->kind == Node::Kind::list)
    for (const Node& item : list->items) read(item);
  else
    problems_.add(list->place, in_quotes(name) + ": expected a list of tables, found " + list->described(),
                  "write [[" + std::string(name) + "]]");
}

Table Reader::table(const Node* node, std::string_view section, Table::Others others) {
  return Table(node, daemon_schema(), section, others, problems_);
}

template <typename Read>
void Reader::each_section(std::string_view name, Read read) {
  const Node* all = document_.find(name);
  if (all == nullptr) return;
  if (all->kind != Node::Kind::table)
    return problems_.add(all->place, in_quotes(name) + ": expected sections, found " + all->described(),
                         "write [" + std::string(name) + ".some-name]");
  for (const Member& section : all->members) {
    if (section.value.kind != Node::Kind::table) {
      problems_.add(section.place, in_quotes(section.name) + ": expected a section, found " + section.value.described(),
                    "write [" + std::string(name) + ".some-name] above it");
    } else if (!is_name(section.name)) {
      problems_.add(section.place, in_quotes(section.name) + " is no name for a section",
                    "use 1 to 64 of a-z, 0-9 and -");
    } else {
      read(section);
    }
  }
}

void Reader::read_top() {
  const Table top = table(&document_, "");
  config_.name = top.text("name");
  if (config_.name.empty() || config_.name.size() > 64 ||
      config_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") !=
          std::string::npos)
    problems_.add(top.place("name"),
                  "\"name\": expected 1 to 64 letters, digits, dots and dashes, found " + in_quotes(config_.name));
  config_.state_dir = path(top.text("state_dir"));
  config_.runtime_dir = path(top.text("runtime_dir"));
  for (const std::string& folder : top.list("plugin_dirs")) config_.plugin_dirs.push_back(path(folder));
  for (const std::string& folder : top.list("policy_dirs")) config_.policy_dirs.push_back(path(folder));
  config_.profile = top.text("profile");
  config_.listen = endpoint(top, "listen");
  config_.public_url = top.text("public_url");
  check_url(top, "public_url");
  while (config_.public_url.ends_with('/')) config_.public_url.pop_back();
  config_.admin_listen = endpoint(top, "admin_listen");
  if (config_.listen.port != 0 && config_.listen.port == config_.admin_listen.port)
    problems_.add(top.place(top.has("admin_listen") ? "admin_listen" : "listen"),
                  "\"listen\" and \"admin_listen\" have the same port", "choose another one");
  config_.log_level = level_of(top.text("log_level"));
}

void Reader::read_ledger() {
  const Node* node = document_.find("ledger");
  if (node == nullptr)
    return problems_.add(document_.place, "the section [ledger] with its \"kek\" is missing",
                         "make a key with `openssl rand -hex 32` and write [ledger] kek = { file = \"kek\" }");
  const Table ledger = table(node, "ledger");
  config_.ledger_reserve = ledger.number("reserve");
  config_.key_age = ledger.number("key_age");
  config_.heartbeat = ledger.number("heartbeat");
  config_.scrub = ledger.number("scrub");
  config_.search = ledger.flag("search");
  const Node* reference = ledger.node("kek");
  if (reference == nullptr || !refers_to_secrets(*reference)) return;
  const std::vector<Secret> read = read_secrets(*reference, folder_, around_, problems_);
  if (read.empty()) return;
  const auto keks = read.size() == 1 ? parse_keks(read.front().reveal()) : std::nullopt;
  if (!keks)
    return problems_.add(reference->place, "\"kek\": expected one key of 64 hexadecimal digits, found something else",
                         "make one with `openssl rand -hex 32`");
  config_.keks = *keks;
}

void Reader::read_roles() {
  const Node* node = document_.find("roles");
  const Table roles = table(node, "roles");
  for (const Key& key : daemon_schema())
    if (key.section == "roles" && roles.has(key.name))
      config_.roles.push_back({std::string(key.name), roles.place(key.name), roles.list(key.name)});
}

void Reader::read_outbound() {
  const Table outbound = table(document_.find("outbound"), "outbound");
  config_.proxy = outbound.text("proxy");
  check_url(outbound, "proxy");
  if (outbound.has("ca_file")) {
    config_.ca_file = path(outbound.text("ca_file"));
    std::error_code ignored;
    if (!fs::is_regular_file(config_.ca_file, ignored))
      problems_.add(outbound.place("ca_file"), "\"ca_file\": there is no file " + config_.ca_file.string(),
                    "check the path, or leave it out to trust the system's authorities");
  }
  config_.allow_http = outbound.flag("allow_http");
  config_.allow_local = outbound.flag("allow_local");
  config_.gaps_every = table(document_.find("gaps"), "gaps").number("every");
  const Table audit = table(document_.find("audit"), "audit");
  config_.two_persons = audit.list("two_persons");
  config_.approval_time = audit.number("approval_time");
}

void Reader::read_limits() {
  const Table table = this->table(document_.find("limits"), "limits");
  Limits& limits = config_.limits;
  const auto size = [&](std::string_view key) { return static_cast<std::size_t>(table.number(key)); };
  limits.webhook_wait = table.number("webhook_wait");
  limits.codec_time = table.number("codec_time");
  limits.handler_time = table.number("handler_time");
  limits.connect_time = table.number("connect_time");
  limits.request_time = table.number("request_time");
  limits.poll_time = table.number("poll_time");
  limits.give_up_after = table.number("give_up_after");
  limits.hold_at_most = table.number("hold_at_most");
  limits.profile_wait = table.number("profile_wait");
  limits.media_wait = table.number("media_wait");
  limits.media_size = size("media_size");
  limits.media_room = size("media_room");
  limits.webhook_body = size("webhook_body");
  limits.unverified_bodies = size("unverified_bodies");
  limits.connections = size("connections");
  limits.open_calls = size("open_calls");
  limits.lane_length = size("lane_length");
  limits.hot_conversations = size("hot_conversations");
  limits.seen_in_memory = size("seen_in_memory");
  if (limits.connect_time > limits.request_time)
    problems_.add(table.place("connect_time"), "\"connect_time\" is longer than \"request_time\"", "make it shorter");
}

void Reader::read_placement(const Table& table, const Member& section, PluginSection& out) {
  out.name = section.name;
  out.place = section.place;
  out.plugin = table.text("plugin");
  const bool is_path = out.plugin.find('/') != std::string::npos;
  if (is_path) out.plugin = path(out.plugin).string();
  if (table.is_blank("plugin")) problems_.add(table.place("plugin"), "\"plugin\" is empty", "name one");
  out.isolation = table.has("isolation") ? isolation_of(table.text("isolation"))
                  : is_path              ? Isolation::process
                                         : Isolation::thread;
  out.user = table.text("user");
  if (!out.user.empty() && out.isolation != Isolation::external)
    problems_.add(table.place("user"), "\"user\" is for isolation = \"external\" alone",
                  "the daemon starts the others as itself; remove it");
  if (out.user.empty() && out.isolation == Isolation::external)
    problems_.add(table.place("isolation"), "\"user\" is missing: an external plugin is known by the user it runs as",
                  "name a system user of its own");
  read_own(table, out.options, out.secrets);
}

void Reader::read_own(const Table& table, std::vector<Member>& options, Secrets& secrets) {
  options = table.others();
  for (const Member& option : options)
    if (refers_to_secrets(option.value))
      secrets.emplace(option.name, read_secrets(option.value, folder_, around_, problems_));
}

void Reader::read_platform(const Member& section) {
  const Table table = this->table(&section.value, "platform.NAME", Table::Others::kept);
  PlatformSection& out = config_.platforms.emplace_back();
  read_placement(table, section, out);
  out.base_url = table.text("base_url");
  check_url(table, "base_url");
}

void Reader::read_account(const Member& section) {
  const Table table = this->table(&section.value, "account.NAME", Table::Others::kept);
  AccountSection& out = config_.accounts.emplace_back();
  out.name = section.name;
  out.place = section.place;
  out.platform = table.text("platform");
  out.id = table.text("id");
  if (table.is_blank("id")) problems_.add(table.place("id"), "\"id\" is empty", "ask the platform for it");
  out.base_url = table.text("base_url");
  check_url(table, "base_url");
  out.policy = table.text("policy");
  out.policy_place = table.place("policy");
  out.profile = table.has("profile") ? table.text("profile") : config_.profile;
  out.profile_place = table.place("profile");
  if (out.policy.ends_with(".toml")) out.policy = path(out.policy).string();
  out.resend_unknown = table.text("unknown") == "resend";
  out.poll = table.flag("poll");
  out.media = media_of(table.text("media"));
  out.shreds_unsent = table.text("unsent") != "keep";
  out.settle = table.number("settle");
  out.answer_within = table.number("answer_within");
  read_own(table, out.options, out.secrets);
}

void Reader::read_handler(const Member& section) {
  const Table table = this->table(&section.value, "handler.NAME", Table::Others::kept);
  HandlerSection& out = config_.handlers.emplace_back();
  read_placement(table, section, out);
  if (!table.has("plugin") && out.isolation != Isolation::external)
    problems_.add(section.value.place, "\"plugin\" is missing",
                  "The handler's plugin: a name that is looked up in plugin_dirs, or a path.");
  out.campaign = table.text("author") == "campaign";
  out.hold_on_failure = table.text("on_failure") == "hold";
}

void Reader::read_route(const Node& item) {
  const Table table = this->table(&item, "[route]");
  for (const std::string_view key : {"accounts", "handlers", "kinds"})
    if (table.has(key) && table.list(key).empty())
      problems_.add(table.place(key), in_quotes(key) + " is empty", "a route that matches nothing is a mistake");
  config_.routes.push_back({item.place, table.list("accounts"), table.list("kinds"), table.list("handlers")});
}

void Reader::read_retention(const Node& item) {
  const Table table = this->table(&item, "[retention]");
  RetentionSection out{item.place,          table.text("class"), table.text("platform"), table.text("account"),
                       table.number("min"), table.number("max"), table.text("basis")};
  if (out.most > 0 && out.least > out.most)
    problems_.add(table.place("max"), "\"max\" is less than \"min\"",
                  "what has to be kept so long cannot be shredded before: make min shorter or max longer");
  if (out.basis.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") !=
      std::string::npos)
    problems_.add(table.place("basis"), "\"basis\": expected one word", "use letters, digits, dots and dashes");
  config_.retention.push_back(std::move(out));
}

void Reader::read_publish() {
  const Table table = this->table(document_.find("publish"), "publish");
  const auto place_of = [&](std::string_view key, const char* standard) {
    return table.has(key) ? path(table.text(key)) : config_.state_dir / standard;
  };
  config_.publish = {table.number("every"),
                     table.number("records"),
                     place_of("folder", "published"),
                     place_of("highwater", "highwater"),
                     table.list("syslog"),
                     table.list("post"),
                     table.place("syslog")};
}

void Reader::read_witness(const Node& item) {
  const Table table = this->table(&item, "[witness]");
  check_url(table, "url");
  WitnessSection& out =
      config_.witnesses.emplace_back(WitnessSection{item.place, table.text("url"), table.text("vkey")});
  while (out.url.ends_with('/')) out.url.pop_back();
}

void Reader::check_accounts() {
  for (std::size_t i = 0; i < config_.accounts.size(); ++i) {
    const AccountSection& account = config_.accounts[i];
    if (!account.platform.empty()) known(account.place, "platform", account.platform, names_of(config_.platforms));
    for (std::size_t j = 0; j < i; ++j)
      if (!account.id.empty() && config_.accounts[j].id == account.id &&
          config_.accounts[j].platform == account.platform)
        problems_.add(
            account.place,
            "the account " + in_quotes(account.name) + " has the id of " + in_quotes(config_.accounts[j].name),
            "an account of a platform is configured once");
  }
}

void Reader::check_routes() {
  for (const RouteSection& route : config_.routes) {
    for (const std::string& handler : route.handlers)
      known(route.place, "handler", handler, names_of(config_.handlers));
    for (const std::string& account : route.accounts)
      if (account.find('*') == std::string::npos) known(route.place, "account", account, names_of(config_.accounts));
  }
}

void Reader::known(const Place& place, std::string_view what, const std::string& name,
                   const std::vector<std::string_view>& names) {
  if (std::find(names.begin(), names.end(), name) != names.end()) return;
  const std::string_view meant = nearest(name, names);
  const std::string section = "[" + std::string(what) + "." + name + "]";
  problems_.add(place, "there is no " + std::string(what) + " " + in_quotes(name),
                meant.empty() ? "write a section " + section : "did you mean " + in_quotes(meant) + "?");
}

Endpoint Reader::endpoint(const Table& table, std::string_view key) {
  const std::string text = table.text(key);
  const std::size_t colon = text.rfind(':');
  Endpoint out;
  bool good = colon != std::string::npos && colon != 0;
  if (good) {
    out.host = text.substr(0, colon);
    if (out.host.front() == '[' && out.host.back() == ']') out.host = out.host.substr(1, out.host.size() - 2);
    const char* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + colon + 1, end, out.port);
    good = error == std::errc() && at == end && !out.host.empty();
  }
  if (!good)
    problems_.add(
        table.place(key),
        in_quotes(key) + ": expected an address and a port like \"127.0.0.1:8080\", found " + in_quotes(text));
  return out;
}

void Reader::check_url(const Table& table, std::string_view key) {
  const std::string url = table.text(key);
  if (!table.has(key)) return;
  const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
  if (scheme == 0 || url.size() == scheme)
    problems_.add(
        table.place(key),
        in_quotes(key) + ": expected an address that begins with https:// or http://, found " + in_quotes(url));
  else if (url.find('@') != std::string::npos)
    problems_.add(table.place(key), in_quotes(key) + " holds a user or password, which would be seen in logs",
                  "leave it out of the address");
}

}  // namespace postern::config
