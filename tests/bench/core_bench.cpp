// SPDX-License-Identifier: Apache-2.0
// What an answered message costs the core alone: core_bench [messages].
// Hot: 1,000 conversations in memory; cold: each message begins a conversation. Parsing is measured beside it, since
// the broker's thread does that as well.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/core.hpp"

using namespace postern;
using namespace postern::core;

namespace {

std::shared_ptr<const Settings> make_settings() {
  policy::PackData pack;
  pack.platform = "bench";
  pack.version = "2026-09";
  pack.hash = "59058ea978258e2f";
  pack.add("window", "b.window", {{"author", std::vector<std::string>{"bot"}}, {"length", 24 * kHour}})
      .add("text", "b.text", {{"max", 2000}, {"split", 1}})
      .add("rate", "b.rate", {{"count", 9'000}, {"per", kMinute}, {"applies", "message"}});
  auto settings = std::make_shared<Settings>();
  AccountSettings account;
  account.name = "acme";
  account.platform = account.section = "bench";
  account.actor = "plugin:bench@1.0.0";
  account.account_key = "4711";
  account.pack = std::make_shared<const policy::Pack>(std::move(pack));
  settings->accounts.push_back(std::move(account));
  HandlerSettings handler;
  handler.name = "autoresponder";
  handler.actor = "plugin:autoresponder@1.0.0";
  settings->handlers.push_back(handler);
  settings->routes.push_back({{"*"}, ~std::uint64_t{0}, {0}});
  return settings;
}

std::string message(int number, int people) {
  const std::string person = std::to_string(6'712'345'678'901'234 + number % people), n = std::to_string(number);
  return R"({"kind":"message","account_key":"4711","thread":")" + person + R"(","sender":{"id":")" + person +
         R"(","name":"Rita Vaz"},"key":"m_)" + n + R"(:message","platform_id":"m_)" + n +
         R"(","sent_at":"2026-09-21T14:13:20.000Z","text":"Hello, when do you open on Sunday?","user_action":true})";
}

/// One kind of step: how long all of them took.
struct Lap {
  const char* name;
  std::chrono::nanoseconds total{0};
};

class Bench {
 public:
  explicit Bench(int people) : people_(people) { core_.resume(now_, {}, decision_); }

  void answer(int number) {
    auto text = message(number, people_);
    now_.wall += 8 * kMilli;  // the account's rate must not hold
    now_.boot += 8 * kMilli;
    Arrived arrived;
    arrived.webhook = 1;
    arrived.section = "bench";
    lap(parse_, [&] { arrived.events.push_back(parse_event(std::move(text)).value()); });
    step(arrive_, std::move(arrived));
    if (load_ != 0) step(arrive_, Loaded{load_, {}, {}, {}, {}, {}});
    commit();
    Handled handled{call_, false, {}};
    lap(parse_, [&] {
      handled.effects.push_back(
          parse_effect(R"({"effect":"reply","text":"We open at ten on Sundays. See you!"})").value());
    });
    step(handle_, std::move(handled));
    commit();
    step(attempt_, Attempted{Attempted::Outcome::sent, part_, attempt_number_, {}, {}, {}, "m_1234567890", {}, 0});
    commit();
  }
  void report(const char* what, int messages) {
    double sum = 0;
    for (const Lap* lap : {&arrive_, &handle_, &attempt_, &commit_, &parse_}) {
      const double each = static_cast<double>(lap->total.count()) / 1000.0 / messages;
      if (lap != &parse_) sum += each;
      std::printf("  %-10s %6.2f us\n", lap->name, each);
    }
    std::printf("%s: %.2f us in the core for an answered message\n", what, sum);
    for (Lap* lap : {&arrive_, &handle_, &attempt_, &commit_, &parse_}) lap->total = {};
  }

 private:
  template <typename F>
  void lap(Lap& lap, F&& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    lap.total += std::chrono::steady_clock::now() - start;
  }
  void step(Lap& at, Input&& input) {
    chance_[0] = static_cast<std::uint8_t>(++steps_);
    chance_[1] = static_cast<std::uint8_t>(steps_ >> 8);
    chance_[2] = static_cast<std::uint8_t>(steps_ >> 16);
    lap(at, [&] { core_.decide(std::move(input), now_, chance_, decision_); });
    load_ = 0;
    for (const auto* list : {&decision_.once, &decision_.commit})
      for (const auto& action : *list) {
        if (const auto* load = std::get_if<Load>(&action)) load_ = load->load;
        if (const auto* handle = std::get_if<Handle>(&action)) call_ = handle->call;
        if (const auto* attempt = std::get_if<Attempt>(&action))
          part_ = attempt->part, attempt_number_ = attempt->attempt;
      }
    if (!decision_.records.empty()) last_ = decision_.records.back().index;
  }
  void commit() {
    decision_.clear();
    step(commit_, Committed{last_});
  }

  const int people_;
  Core core_{make_settings(), crypto::Key{7}, {}};
  Now now_{1'790'000'000 * kSecond, kSecond, {'0', '1', '2', '3', '4', '5', '6', '7'}};
  Decision decision_;
  Chance chance_{};
  std::uint32_t steps_ = 0;
  std::uint64_t load_ = 0, call_ = 0;
  std::int64_t part_ = kNone, attempt_number_ = 0, last_ = kNone;
  Lap parse_{"parsing"}, arrive_{"Arrived"}, handle_{"Handled"}, attempt_{"Attempted"}, commit_{"Committed"};
};

}  // namespace

int main(int argc, char** argv) {
  const int messages = argc > 1 ? std::atoi(argv[1]) : 200'000;
  if (messages <= 0) return 64;
  Bench hot(1'000);
  for (int i = 0; i < 2'000; ++i) hot.answer(i);
  hot.report("(warming up)", 2'000);
  for (int i = 0; i < messages; ++i) hot.answer(2'000 + i);
  hot.report("hot", messages);
  Bench cold(messages);
  for (int i = 0; i < messages; ++i) cold.answer(i);
  cold.report("cold", messages);
  return 0;
}
