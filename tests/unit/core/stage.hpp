// SPDX-License-Identifier: Apache-2.0
// One account, one handler, a disk that never fails: what a test of one rule of the core needs around it.
#pragma once
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "core/core.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "disk.hpp"

namespace postern::core {

inline std::shared_ptr<Settings> one_account(std::size_t handlers = 1) {
  policy::PackData pack;
  pack.platform = "test";
  pack.version = "2026-09";
  pack.hash = "59058ea978258e2f";
  using Strings = std::vector<std::string>;
  pack.add("window", "t.window", {{"author", Strings{"bot"}}, {"length", 24 * kHour}})
      .add("window", "t.human", {{"author", Strings{"human"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("text", "t.text", {{"max", 20}, {"split", 1}})
      .add("private_reply", "t.private-reply", {{"within", 7 * kDay}, {"once", 1}});
  auto settings = std::make_shared<Settings>();
  AccountSettings account;
  account.name = "acme";
  account.platform = account.section = "test";
  account.actor = "plugin:test@1.0.0";
  account.account_key = "4711";
  account.pack = std::make_shared<const policy::Pack>(std::move(pack));
  settings->accounts.push_back(std::move(account));
  RouteSettings route{{"*"}, ~(std::uint64_t{1} << static_cast<unsigned>(Kind::failed)), {}};
  for (std::size_t i = 0; i < handlers; ++i) {
    HandlerSettings handler;
    handler.name = intern("handler" + std::to_string(i));
    handler.actor = intern("plugin:handler" + std::to_string(i) + "@1.0.0");
    settings->handlers.push_back(handler);
    route.handlers.push_back(i);
  }
  settings->routes.push_back(std::move(route));
  return settings;
}

class Stage {
 public:
  explicit Stage(std::shared_ptr<Settings> with = one_account()) : settings(std::move(with)) { start(); }

  /// A new process, from what is on disk.
  /// `copied`: the disk is a copy that was made then.
  void start(Micros copied = 0) {
    auto image = disk.image(*settings, dice_);
    image.copied = copied;
    core = std::make_unique<Core>(settings, crypto::Key{7}, std::move(image));
    actions.clear();
    core->resume(now, dice_.chance(), decision_);
    settle();
  }
  /// Decides one input, and whatever it leads to until a handler, the platform or time is waited for. `actions` are
  /// all that were asked for meanwhile.
  void put(Input&& input) {
    actions.clear();
    decide(std::move(input));
    settle();
  }
  void wait(Micros time) {
    now.wall += time;
    now.boot += time;
    put(Tick{});
  }
  /// What a codec would give, with these fields beside or in place of the usual ones.
  static Event event(const std::string& key, std::initializer_list<std::pair<const char*, std::string>> fields = {}) {
    std::vector<std::pair<std::string, std::string>> all{{"kind", "message"}, {"thread", "t1"},
                                                         {"sender", "p1"},    {"key", key},
                                                         {"text", "hello"},   {"sent_at", "2026-09-21T00:00:00Z"}};
    for (const auto& [name, value] : fields) {
      std::erase_if(all, [&, name = name](const auto& field) { return field.first == name; });
      all.emplace_back(name, value);
    }
    std::string text;
    JsonObject object(text);
    object.add("user_action", true);
    for (const auto& [name, value] : all)
      name == "sender"        ? object.raw(name, "{\"id\":\"" + value + "\"}")
      : name == "attachments" ? object.raw(name, value)
                              : object.add(name, value);
    object.end();
    return parse_event(text).value();
  }
  void receive(Event&& event) {
    Arrived arrived;
    arrived.webhook = 1;
    arrived.section = "test";
    arrived.account = "acme";
    arrived.events.push_back(std::move(event));
    put(std::move(arrived));
  }
  void receive(const std::string& key, std::initializer_list<std::pair<const char*, std::string>> fields = {}) {
    receive(event(key, fields));
  }
  /// The handler that was asked last answers with these effects.
  void answer(std::initializer_list<std::string> effects, bool stop = false) {
    Handled handled{last_call_, stop, {}};
    for (const auto& effect : effects) handled.effects.push_back(parse_effect(effect).value());
    put(std::move(handled));
  }
  void fail() { put(HandlerFailed{last_call_, "it threw"}); }
  /// The platform's word on the attempt that left last.
  void tell(Attempted::Outcome outcome, const std::string& error_class = {}) {
    put(Attempted{outcome, last_attempt_.part, last_attempt_.attempt, error_class, {}, {}, "mid", {}, 0});
  }
  bool order(const std::string& method, Command command = {}) {
    command.method = method;
    command.actor = "user:00112233445566778899aabbccddeeff";
    put(std::move(command));
    return all<Reply>().at(0).ok;
  }

  template <typename T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const auto& action : actions)
      if (const auto* each = std::get_if<T>(&action)) found.push_back(*each);
    return found;
  }
  std::vector<Record> records(std::string_view type) const {
    std::vector<Record> found;
    for (const auto& record : disk.records())
      if (record.type == type) found.push_back(record);
    return found;
  }
  std::string conversation() const { return disk.conversations().begin()->second.id.hex(); }

  std::shared_ptr<Settings> settings;
  simulation::Disk disk;
  std::unique_ptr<Core> core;
  Now now{1'790'000'000 * kSecond, kSecond, {'0', '1', '2', '3', '4', '5', '6', '7'}};
  std::vector<Action> actions;
  int lots_left = 1'000;  ///< so often a look for what is left of a contact is answered

 private:
  void decide(Input&& input) { core->decide(std::move(input), now, dice_.chance(), decision_); }
  void settle() {
    std::vector<Load> loads;
    std::vector<FindBodies> finds;
    std::vector<Input> found;
    do {
      found.clear();
      loads.clear();
      finds.clear();
      const std::size_t from = actions.size();
      for (auto* list : {&decision_.once, &decision_.commit}) actions.insert(actions.end(), list->begin(), list->end());
      const bool commits = decision_.needs_commit();
      disk.commit({std::move(decision_.records), std::move(decision_.rows)}, {});
      decision_.clear();
      for (std::size_t i = from; i < actions.size(); ++i) {
        if (const auto* load = std::get_if<Load>(&actions[i])) loads.push_back(*load);
        if (const auto* wanted = std::get_if<FindBodies>(&actions[i])) finds.push_back(*wanted);
        if (const auto* subject = std::get_if<FindSubject>(&actions[i])) found.push_back(disk.find_subject(*subject));
        if (const auto* old = std::get_if<FindOld>(&actions[i])) found.push_back(disk.find_old(*old));
        if (const auto* remains = std::get_if<FindRemains>(&actions[i]); remains && lots_left-- > 0)
          found.push_back(disk.find_remains(*remains));
        if (const auto* handle = std::get_if<Handle>(&actions[i])) last_call_ = handle->call;
        if (const auto* attempt = std::get_if<Attempt>(&actions[i])) last_attempt_ = *attempt;
      }
      if (commits) decide(Committed{static_cast<std::int64_t>(disk.records().size()) - 1});
      for (const auto& load : loads) decide(disk.load(load));
      for (const auto& wanted : finds) decide(disk.find_bodies(wanted.index));
      for (auto& input : found) decide(std::move(input));
    } while (!loads.empty() || !finds.empty() || !found.empty() || decision_.needs_commit() || !decision_.once.empty());
  }

  simulation::Dice dice_{1};
  Decision decision_;
  std::uint64_t last_call_ = 0;
  Attempt last_attempt_;
};

}  // namespace postern::core
