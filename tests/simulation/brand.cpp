// SPDX-License-Identifier: Apache-2.0
#include "brand.hpp"

#include <algorithm>

#include "core/interned.hpp"

namespace postern::simulation {
namespace {

using core::intern;
using core::Kind;

std::shared_ptr<const core::policy::Pack> make_pack(int variant) {
  core::policy::PackData data;
  data.platform = "sim";
  data.version = variant % 2 == 0 ? "2026-09" : "2026-10";
  data.hash = variant % 2 == 0 ? "59058ea978258e2f" : "0123456789abcdef";
  using List = std::vector<std::string>;
  data.add("window", "sim.window", {{"author", List{"bot"}}, {"length", 24 * kHour}})
      .add("window", "sim.human", {{"author", List{"human"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("text", "sim.text", {{"max", 120}, {"split", 1}})
      .add("comment", "sim.comment", {{"max", 120}})
      .add("attachments", "sim.attachments", {{"types", List{"image"}}})
      .add("private_reply", "sim.private-reply", {{"within", 7 * kDay}, {"once", 1}})
      .add("rate", "sim.rate-account", {{"count", 25}, {"per", kMinute}, {"applies", "message"}})
      .add("rate", "sim.rate-contact", {{"count", 6}, {"per", kMinute}, {"scope", "contact"}, {"applies", "message"}})
      .add("rate", "sim.rate-burst", {{"count", 30}, {"per", 5 * kSecond}});
  return std::make_shared<const core::policy::Pack>(std::move(data));
}

std::uint64_t bits(std::initializer_list<Kind> kinds) {
  std::uint64_t bits = 0;
  for (const Kind kind : kinds) bits |= std::uint64_t{1} << static_cast<unsigned>(kind);
  return bits;
}

core::HandlerSettings handler(std::string_view name, core::Scope scope) {
  core::HandlerSettings made;
  made.name = name;
  made.actor = intern("plugin:" + std::string(name) + "@1.0.0");
  made.scope = scope;
  return made;
}

}  // namespace

std::shared_ptr<const core::Settings> make_settings(int variant, std::size_t room, std::uint8_t login) {
  auto settings = std::make_shared<core::Settings>();
  settings->hash = std::string(64, 'a');
  settings->hot_conversations = room;
  settings->seen_in_memory = room * 5 / 2;
  settings->lane_length = room;
  const auto pack = make_pack(variant);
  for (const auto name : kAccounts) {
    auto& account = settings->accounts.emplace_back();
    account.name = name;
    account.platform = account.section = "sim";
    account.actor = "plugin:sim@1.0.0";
    account.account_key = "key-" + std::string(name);
    account.settles = name == kEchoes ? core::Settles::echo : core::Settles::nothing;
    account.resend_unknown = name == kResender;
    account.answer_within = kAnswerWithin;
    account.looks_up_profiles = true;
    account.list_every = kListEvery;
    account.media = name == kSilent ? core::MediaPolicy::link : core::MediaPolicy::store;
    if (name == kEchoes) account.refresh = {true, true, 5 * kMinute, 0};
    account.seed[0] = login;
    account.pack = pack;
    account.key = static_cast<std::int64_t>(settings->accounts.size());
  }
  auto& handlers = settings->handlers;
  handlers = {handler("answerer", core::Scope::conversation), handler("desk", core::Scope::all),
              handler("loyal", core::Scope::contact), handler("greeter", core::Scope::conversation)};
  handlers[0].needs_profile = true;
  handlers[1].external = true;
  handlers[2].hold_on_failure = true;
  std::vector<std::size_t> place = {0, 1, 2, 3};
  if (variant % 3 == 1) {
    std::reverse(handlers.begin(), handlers.end());
    place = {3, 2, 1, 0};
  }
  const auto asked = bits({Kind::message, Kind::comment, Kind::postback, Kind::request});
  settings->routes = {{{"echoes"}, asked, {place[2], place[0]}},
                      {{"silent"}, asked, {place[0]}},
                      {{"*"}, asked, {place[1], place[0]}},
                      {{"*"}, bits({Kind::reaction}), {place[3], place[1]}}};
  return settings;
}

}  // namespace postern::simulation
