// SPDX-License-Identifier: Apache-2.0
#include "config/settings.hpp"

#include <algorithm>

#include "config/zones.hpp"
#include "core/interned.hpp"

namespace postern::config {
namespace {

bool knows(const PlatformFacts& facts, std::string_view task) {
  return std::find(facts.tasks.begin(), facts.tasks.end(), task) != facts.tasks.end();
}

/// Tells whether other credentials are configured than before.
Hash seed_of(const Secrets& secrets) {
  Hash all{};
  for (const auto& [name, values] : secrets)
    for (const Secret& value : values) {
      const Hash one = crypto::sha256(view(value.reveal()));
      all = crypto::sha256({all, view(name), one});
    }
  return all;
}

core::AccountSettings account_settings(const AccountSection& account, const PlatformFacts& facts, Problems& problems) {
  core::AccountSettings out;
  out.name = core::intern(account.name);
  out.platform = core::intern(facts.platform);
  out.section = core::intern(account.platform);
  out.actor = core::intern(facts.actor);
  out.key = first_int64(crypto::sha256(view(account.name)));
  out.account_key = account.id;
  if (const auto options = facts.account_options.find(account.name); options != facts.account_options.end())
    out.options = options->second;
  out.settles = facts.settles;
  out.resend_unknown = account.resend_unknown;
  out.settle = account.settle;
  out.answer_within = account.answer_within;
  out.polls = account.poll;
  out.refresh = facts.refresh;
  out.refresh.possible = facts.refreshed.contains(account.name);
  out.seed = seed_of(account.secrets);
  out.looks_up_profiles = knows(facts, "profile");
  out.resolves_media = knows(facts, "media");
  out.media = account.media;
  out.shreds_unsent = account.shreds_unsent;
  if (account.poll && !knows(facts, "poll"))
    problems.add(account.place, "\"poll\": the platform " + facts.platform + " cannot be polled",
                 "remove it and point the platform's webhook here");
  return out;
}

core::HandlerSettings handler_settings(const HandlerSection& handler, const HandlerFacts& facts) {
  core::HandlerSettings out;
  out.name = core::intern(handler.name);
  out.actor = core::intern(facts.actor);
  out.author = handler.campaign ? core::policy::Author::campaign : core::policy::Author::bot;
  out.scope = facts.scope;
  out.needs_profile = facts.needs_profile;
  out.needs_media = facts.needs_media;
  out.external = handler.isolation == Isolation::external;
  out.hold_on_failure = handler.hold_on_failure;
  return out;
}

core::RouteSettings route_settings(const RouteSection& route, const std::vector<core::HandlerSettings>& handlers) {
  core::RouteSettings out;
  out.accounts = route.accounts;
  for (const std::string& word : route.kinds) {
    core::Kind kind = core::Kind::unknown;
    if (core::parse(word, kind)) out.kinds |= std::uint64_t{1} << static_cast<unsigned>(kind);
  }
  for (const std::string& name : route.handlers)
    for (std::size_t i = 0; i < handlers.size(); ++i)
      if (handlers[i].name == name) out.handlers.push_back(i);
  return out;
}

}  // namespace

std::shared_ptr<const core::Settings> build_settings(const Config& config, const Facts& facts, Micros now,
                                                     Problems& problems) {
  const std::size_t before = problems.size();
  auto settings = std::make_shared<core::Settings>();
  PolicyShelf shelf(config.policy_dirs);
  std::string hashed = config.hash;
  for (const AccountSection& account : config.accounts) {
    const PlatformFacts& platform = facts.platforms.at(account.platform);
    core::AccountSettings& out = settings->accounts.emplace_back(account_settings(account, platform, problems));
    if (knows(platform, "list") && !account.poll) out.list_every = config.gaps_every;
    out.pack = shelf.pack(platform.platform, account.policy, now, account.policy_place, problems, account.profile);
    if (!out.pack) continue;
    hashed += out.pack->data().hash;
    for (const core::policy::Rule& rule : out.pack->data().rules) {
      if (rule.kind != "quiet_hours") continue;
      settings->zones = system_zones();
      if (const std::string& zone = rule.text("zone"); zone != "UTC" && !settings->zones->knows(zone))
        problems.add(account.policy_place,
                     "rule \"" + std::string(rule.id) + "\": there is no time zone \"" + zone + "\"",
                     "name one of the system's, like \"Europe/Lisbon\", or install tzdata");
    }
  }
  for (const HandlerSection& handler : config.handlers)
    settings->handlers.push_back(handler_settings(handler, facts.handlers.at(handler.name)));
  for (const RouteSection& route : config.routes) settings->routes.push_back(route_settings(route, settings->handlers));
  for (const RetentionSection& rule : config.retention)
    settings->retention.push_back({rule.retention, rule.platform, rule.account, rule.least, rule.most, rule.basis});
  settings->hash = hex(crypto::sha256(view(hashed)));
  settings->two_persons = config.two_persons;
  settings->approval_time = config.approval_time;
  settings->profile_wait = config.limits.profile_wait;
  settings->media_wait = config.limits.media_wait;
  settings->give_up_after = config.limits.give_up_after;
  settings->hold_at_most = config.limits.hold_at_most;
  settings->hot_conversations = config.limits.hot_conversations;
  settings->seen_in_memory = config.limits.seen_in_memory;
  settings->lane_length = config.limits.lane_length;
  if (problems.size() != before) return nullptr;
  return settings;
}

}  // namespace postern::config
