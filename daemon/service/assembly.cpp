// SPDX-License-Identifier: Apache-2.0
#include "service/assembly.hpp"

#include <pwd.h>

#include <boost/json.hpp>

#include "broker/refresh.hpp"
#include "config/plugin_options.hpp"
#include "config/settings.hpp"
#include "config/units.hpp"
#include "core/interned.hpp"
#include "courier/target.hpp"
#include "gateway/facts.hpp"
#include "host/description.hpp"
#include "service/local_roles.hpp"
#include "service/places.hpp"
#include "service/publication.hpp"

namespace postern::service {
namespace {

namespace json = boost::json;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

std::vector<std::string> texts_of(const json::object& object, std::string_view name) {
  std::vector<std::string> all;
  const auto* value = object.if_contains(name);
  if (const auto* list = value ? value->if_array() : nullptr)
    for (const auto& item : *list)
      if (const auto* string = item.if_string()) all.emplace_back(string->data(), string->size());
  return all;
}

core::Settles settles_of(std::string_view word) {
  if (word == "key") return core::Settles::key;
  if (word == "echo") return core::Settles::echo;
  if (word == "status") return core::Settles::status;
  if (word == "list") return core::Settles::list;
  return core::Settles::nothing;
}

core::Scope scope_of(std::string_view word) {
  if (word == "contact") return core::Scope::contact;
  if (word == "account") return core::Scope::account;
  if (word == "all") return core::Scope::all;
  return core::Scope::conversation;
}

std::string actor_of(const host::Description& plugin) {
  return "plugin:" + plugin.id + "@" + plugin.version;
}

std::vector<config::OptionSpec> specs_of(const host::Description& plugin) {
  std::vector<config::OptionSpec> specs;
  for (const auto& option : plugin.options)
    specs.push_back(
        {option.name, static_cast<config::OptionType>(option.type), option.required, option.per_account, option.help});
  return specs;
}

class Assembler {
 public:
  Assembler(const Ground& ground, Micros now, config::Problems& problems)
      : ground_(ground), now_(now), problems_(problems) {}

  std::optional<Assembly> run() {
    auto config = config::load(ground_.config_file, config::Surroundings::of_process(), problems_);
    if (!config) return std::nullopt;
    all_.config = std::move(*config);
    for (auto* folders : {&all_.config.plugin_dirs})
      if (std::filesystem::is_directory(ground_.built_in_plugins)) folders->push_back(ground_.built_in_plugins);
    all_.roles = local_roles(all_.config.roles, problems_);
    all_.publish = publish_settings(all_.config, problems_);
    for (const auto& section : all_.config.platforms) add_platform(section);
    for (const auto& section : all_.config.handlers) add_handler(section);
    if (!problems_.empty()) return std::nullopt;
    all_.settings = config::build_settings(all_.config, facts_, now_, problems_);
    if (!all_.settings || !problems_.empty()) return std::nullopt;
    add_accounts();
    set_limits();
    if (!problems_.empty()) return std::nullopt;
    return std::move(all_);
  }

 private:
  void place(const config::PluginSection& section, std::string_view kind, bus::HostSpec& spec) {
    spec.section = std::string(kind) + "." + section.name;
    spec.isolation = static_cast<bus::Isolation>(section.isolation);
    if (spec.isolation == bus::Isolation::thread && ground_.distrusted.contains(spec.section))
      spec.isolation = bus::Isolation::process;
    if (section.user.empty()) return;
    if (const passwd* user = getpwnam(section.user.c_str()))
      spec.user = user->pw_uid;
    else
      problems_.add(section.place, "the user \"" + section.user + "\" does not exist on this machine",
                    "make it with systemd-sysusers or useradd");
  }

  std::optional<host::Description> describe(const config::PluginSection& section, std::string_view kind,
                                            bus::HostSpec& spec) {
    place(section, kind, spec);
    spec.library = config::plugin_file(all_.config, section, problems_);
    if (spec.library.empty()) return std::nullopt;
    Result<host::Description> described;
    if (spec.isolation == bus::Isolation::thread) {
      auto library = host::Library::load(spec.library);
      if (library)
        described = host::Description::from_json(host::describe(library->descriptor()));
      else
        described = tl::unexpected(library.error());
    } else {
      described = host::describe_in_child(ground_.host_program, spec.library);
    }
    if (!described) {
      problems_.add(section.place, described.error().what, described.error().remedy);
      return std::nullopt;
    }
    if (host::name_of(described->kind) != kind) {
      problems_.add(section.place,
                    "expected a " + std::string(kind) + " plugin, found the " +
                        std::string(host::name_of(described->kind)) + " \"" + described->id + "\"",
                    "write [" + std::string(host::name_of(described->kind)) + "." + section.name + "]");
      return std::nullopt;
    }
    return std::move(*described);
  }

  void add_platform(const config::PlatformSection& section) {
    bus::HostSpec spec;
    const auto plugin = describe(section, "platform", spec);
    if (!plugin) return;
    const auto facts = json::parse(plugin->facts).as_object();
    std::vector<config::CredentialSpec> credentials;
    if (const auto* list = facts.if_contains("credentials"); list && list->is_array())
      for (const auto& item : list->get_array())
        if (const auto* credential = item.if_object()) {
          const auto* required = credential->if_contains("required");
          credentials.push_back(
              {text_of(*credential, "name"), !required || !required->is_bool() || required->get_bool()});
        }
    const auto specs = specs_of(*plugin);
    spec.config = config::platform_json(all_.config, section, specs, credentials, problems_);
    config::PlatformFacts& known = facts_.platforms[section.name];
    known.platform = text_of(facts, "platform");
    known.actor = actor_of(*plugin);
    if (const auto* traits = facts.if_contains("traits"); traits && traits->is_object()) {
      known.settles = settles_of(text_of(traits->get_object(), "settle"));
      known.tasks = texts_of(traits->get_object(), "tasks");
    }
    add_refresh(section, facts, known);
    media_hosts_[section.name] = texts_of(facts, "media_hosts");
    base_urls_[section.name] = section.base_url.empty() ? text_of(facts, "base_url") : section.base_url;
    for (const auto& account : all_.config.accounts)
      if (account.platform == section.name)
        known.account_options[account.name] = config::account_options_json(account, specs);
    add_endpoints(section, plugin->facts);
    all_.hosts.push_back(std::move(spec));
  }

  void add_refresh(const config::PlatformSection& section, const json::object& facts, config::PlatformFacts& known) {
    auto refresh = broker::parse_refresh(facts);
    if (!refresh) return problems_.add(section.place, "plugin \"" + section.plugin + "\": " + refresh.error().what, "");
    if (!*refresh) return;
    for (const auto& [text, value] : {std::pair{&(*refresh)->before, &known.refresh.before},
                                      {&(*refresh)->first_after, &known.refresh.first_after}})
      if (!text->empty()) *value = config::parse_duration(*text).value_or(*value);
    known.refresh.single_use = (*refresh)->single_use;
    refreshes_[section.name] = {std::move(**refresh), {}};
    refreshes_[section.name].grant = std::make_shared<const courier::Grant>(refreshes_[section.name].facts.grant);
    for (const auto& account : all_.config.accounts)
      if (account.platform == section.name &&
          is_at(base_url_of(account, section, facts), refreshes_[section.name].facts.only_at) &&
          lacks(account, section, refreshes_[section.name].facts).empty())
        known.refreshed.insert(account.name);
  }

  static std::string base_url_of(const config::AccountSection& account, const config::PlatformSection& section,
                                 const json::object& facts) {
    if (!account.base_url.empty()) return account.base_url;
    return section.base_url.empty() ? text_of(facts, "base_url") : section.base_url;
  }

  // A platform may have several APIs, of which one knows refreshing. The sandbox, on this machine, plays any.
  static bool is_at(const std::string& base_url, const std::string& only_at) {
    const auto here = courier::parse_origin(base_url), wanted = courier::parse_origin(only_at);
    return only_at.empty() || !here || here->loopback() || (wanted && here->host == wanted->host);
  }

  // What a refresh takes is the account's own, or a secret of its section (the application's).
  static std::string lacks(const config::AccountSection& account, const config::PlatformSection& section,
                           const broker::RefreshFacts& refresh) {
    std::string names;
    for (const auto& name : refresh.takes)
      if (!account.secrets.contains(name) && !section.secrets.contains(name))
        names.append(names.empty() ? "" : ", ").append(name);
    return names;
  }

  // An external program without a plugin's file: nothing of it can be known before it says hello.
  void add_foreign(const config::HandlerSection& section) {
    bus::HostSpec spec;
    place(section, "handler", spec);
    spec.config = config::handler_json(section, {}, problems_);
    facts_.handlers[section.name].actor = "plugin:" + section.name + "@external";
    all_.hosts.push_back(std::move(spec));
  }

  void add_handler(const config::HandlerSection& section) {
    bus::HostSpec spec;
    if (section.plugin.empty()) return add_foreign(section);
    const auto plugin = describe(section, "handler", spec);
    if (!plugin) return;
    spec.config = config::handler_json(section, specs_of(*plugin), problems_);
    const auto facts = json::parse(plugin->facts).as_object();
    config::HandlerFacts& known = facts_.handlers[section.name];
    known.actor = actor_of(*plugin);
    known.scope = scope_of(text_of(facts, "scope"));
    for (const auto& need : texts_of(facts, "needs")) {
      known.needs_profile |= need == "profile";
      known.needs_media |= need == "media";
    }
    all_.hosts.push_back(std::move(spec));
  }

  // One endpoint a section, or one an account where each has a secret of its own. An account that polls has none.
  void add_endpoints(const config::PlatformSection& section, const std::string& facts) {
    const auto parsed = gateway::parse_webhook_facts(facts);
    if (!parsed)
      return problems_.add(section.place, "plugin \"" + section.plugin + "\": " + parsed.error().what,
                           parsed.error().remedy);
    const auto add = [&](const config::Secrets& secrets, std::optional<std::string> account) {
      gateway::Endpoint endpoint;
      endpoint.section = section.name;
      endpoint.account = std::move(account);
      endpoint.signature = parsed->signature;
      if (const auto at = secrets.find(parsed->secret_option); at != secrets.end()) endpoint.secrets = at->second;
      if (parsed->handshake) {
        endpoint.handshake = parsed->handshake;
        if (const auto at = secrets.find(parsed->token_option); at != secrets.end() && !at->second.empty())
          endpoint.handshake->token = at->second.front();
        if (!parsed->token_option.empty() && endpoint.handshake->token.empty()) endpoint.handshake.reset();
      }
      all_.endpoints.push_back(std::move(endpoint));
    };
    if (parsed->deletion) add_deletion(section, *parsed);
    if (!parsed->per_account) return add(section.secrets, std::nullopt);
    for (const auto& account : all_.config.accounts)
      if (account.platform == section.name && !account.poll) {
        if (!account.secrets.contains(parsed->secret_option))
          problems_.add(account.place,
                        "account \"" + account.name + "\" has no " + parsed->secret_option +
                            ", so its webhooks cannot be told from forged ones",
                        "set " + parsed->secret_option + " = { file = \"…\" }, or poll = true");
        else
          add(account.secrets, account.name);
      }
  }

  // Sections with one secret are one application at the platform, whose users are forgotten in all of them.
  void add_deletion(const config::PlatformSection& section, const gateway::WebhookFacts& facts) {
    const auto at = section.secrets.find(facts.deletion_secret);
    if (at == section.secrets.end() || at->second.empty()) return;
    const auto has_secret_of = [&](const gateway::DeletionEndpoint& other) {
      return std::ranges::any_of(other.secrets,
                                 [&](const Secret& each) { return each.equals(at->second.front().reveal()); });
    };
    gateway::DeletionEndpoint made{.section = section.name,
                                   .facts = *facts.deletion,
                                   .sections = {section.name},
                                   .secrets = at->second,
                                   .public_url = all_.config.public_url};
    for (auto& other : all_.deletions)
      if (has_secret_of(other)) {
        made.sections.push_back(other.section);
        other.sections.push_back(section.name);
      }
    all_.deletions.push_back(std::move(made));
  }

  void add_credentials(const config::AccountSection& account, courier::Credentials& credentials) {
    const auto put = [&](const config::Secrets& secrets, const std::string& name) {
      const auto at = secrets.find(name);
      if (at != secrets.end() && !at->second.empty()) credentials.put(account.name, name, at->second.front());
    };
    const auto refresh = refreshes_.find(account.platform);
    if (refresh != refreshes_.end())
      for (const auto& name : refresh->second.facts.takes) put(all_.config.platform(account.platform)->secrets, name);
    for (const auto& [name, values] : account.secrets) put(account.secrets, name);
    if (const auto* settings = all_.settings->account(account.name)) credentials.set_seed(account.name, settings->seed);
  }

  void add_accounts() {
    auto credentials = std::make_shared<courier::Credentials>();
    auto reaches = std::make_shared<broker::Reaches>();
    for (const auto& account : all_.config.accounts) {
      add_credentials(account, *credentials);
      const auto* settings = all_.settings->account(account.name);
      broker::AccountReach reach;
      reach.polls = account.poll;
      reach.section = core::intern(account.platform);
      if (const auto refresh = refreshes_.find(account.platform); refresh != refreshes_.end())
        reach.lacks = lacks(account, *all_.config.platform(account.platform), refresh->second.facts);
      reach.base_url = account.base_url.empty() ? base_urls_[account.platform] : account.base_url;
      reach.account_key = account.id;
      reach.media_hosts = media_hosts_[account.platform];
      if (settings) reach.options = settings->options;
      check_local(account, reach.base_url);
      if (settings && settings->refresh.possible) {
        const auto& facts = refreshes_.at(account.platform).facts;
        const bool elsewhere = !account.base_url.empty() || !all_.config.platform(account.platform)->base_url.empty();
        reach.refresh = facts.request;
        reach.refresh_base_url = elsewhere || facts.base_url.empty() ? reach.base_url : facts.base_url;
        reach.grant = refreshes_.at(account.platform).grant;
      }
      reaches->emplace(account.name, std::move(reach));
    }
    all_.credentials = std::move(credentials);
    all_.reaches = std::move(reaches);
  }

  // A permission that is for the sandbox must not come into production with a line that was copied: it holds only where
  // nothing but the sandbox is spoken to.
  void check_local(const config::AccountSection& account, const std::string& base_url) {
    if (!all_.config.allow_local) return;
    const auto origin = courier::parse_origin(base_url);
    if (!origin || !origin->loopback())
      problems_.add(account.place,
                    "outbound.allow_local is set, and account \"" + account.name +
                        "\" is not one of the sandbox: " + base_url + " is not on this machine",
                    "remove allow_local, or give the account a base_url like \"http://127.0.0.1:8181\"");
  }

  void set_limits() {
    const config::Config& config = all_.config;
    all_.courier.proxy = config.proxy;
    all_.courier.ca_file = config.ca_file.string();
    all_.courier.connect_timeout = config.limits.connect_time;
    all_.courier.total_timeout = config.limits.request_time;
    all_.courier.allow_http = config.allow_http;
    all_.courier.allow_local_fetch = config.allow_local;
    all_.gateway.body_bytes = config.limits.webhook_body;
    all_.gateway.large_bodies_bytes = config.limits.unverified_bodies;
    all_.gateway.connections = config.limits.connections;
    all_.gateway.answer_time = config.limits.webhook_wait;
    all_.hosts_limits.credit = config.limits.open_calls;
    all_.hosts_limits.codec_time = config.limits.codec_time;
    all_.hosts_limits.handle_time = config.limits.handler_time;
  }

  const Ground& ground_;
  const Micros now_;
  config::Problems& problems_;
  Assembly all_;
  config::Facts facts_;
  std::map<std::string, std::string, std::less<>> base_urls_;
  struct Refresh {
    broker::RefreshFacts facts;
    std::shared_ptr<const courier::Grant> grant;
  };
  std::map<std::string, Refresh, std::less<>> refreshes_;  ///< by section
  std::map<std::string, std::vector<std::string>, std::less<>> media_hosts_;
};

}  // namespace

Ground ground_of(const std::filesystem::path& config_file, const std::set<std::string>& distrusted) {
  return {config_file, host_program(), beside_program("../plugins").lexically_normal(), distrusted};
}

ledger::Options ledger_options(const Assembly& assembly) {
  ledger::Options options;
  options.directory = assembly.config.state_dir;
  options.highwater = assembly.publish.highwater;
  options.name = assembly.config.name;
  const core::Settings& settings = *assembly.settings;
  options.sent_within = {settings.rates_look_back(core::kTail), settings.rates_look_back()};
  options.key_age = assembly.config.key_age;
  options.keks = assembly.config.keks;
  return options;
}

std::optional<Assembly> assemble(const Ground& ground, Micros now, config::Problems& problems) {
  return Assembler(ground, now, problems).run();
}

}  // namespace postern::service
