// SPDX-License-Identifier: Apache-2.0
#include "run.hpp"

#include <cstdio>

#include "brand.hpp"
#include "handlers.hpp"
#include "invariants/acceptance.hpp"
#include "invariants/commands.hpp"
#include "invariants/counters.hpp"
#include "invariants/forgotten.hpp"
#include "invariants/judgement.hpp"
#include "invariants/log_form.hpp"
#include "invariants/memory.hpp"
#include "invariants/once.hpp"
#include "invariants/order.hpp"
#include "invariants/quarantine.hpp"
#include "invariants/silence.hpp"
#include "operator.hpp"
#include "platform.hpp"
#include "shell.hpp"

namespace postern::simulation {
namespace {

/// Counts what happens, and tells it if asked.
class Reporter : public Invariant {
 public:
  Reporter(World& world, bool verbose) : world_(world), verbose_(verbose) {}
  void committed(const core::Record& record) override {
    if (record.type == "policy.hold") ++world_.coverage.held;
    if (record.type == "policy.refuse") ++world_.coverage.refused;
    if (record.type == "plugin.quarantined") ++world_.coverage.quarantined;
    if (record.type == "webhook.missed") ++world_.coverage.missed;
    if (record.type == "msg.media") ++world_.coverage.files;
    if (record.type == "retention.purged") ++world_.coverage.purged;
    if (record.type == "subject.erased" && record.outcome == "ok") ++world_.coverage.erased;
    if (record.type == "timer.fired") ++world_.coverage.timers;
    if (verbose_)
      std::printf("%9.3f %6lld %-18s %-8s %-9s c=%.6s x=%.6s r=%lld q=%lld %s %s\n",
                  static_cast<double>(world_.schedule.time()) / kSecond, static_cast<long long>(record.index),
                  std::string(record.type).c_str(), std::string(record.outcome).c_str(),
                  std::string(record.account).c_str(), record.conversation.hex().c_str(), record.message.hex().c_str(),
                  static_cast<long long>(record.cause), static_cast<long long>(record.count.value_or(-1)),
                  record.decision.c_str(), record.body ? record.body->substr(0, 230).c_str() : "");
  }
  void stored(const core::Row& row) override {
    if (const auto* turn = std::get_if<core::TurnRow>(&row)) {
      if (turn->ending == "answered") ++world_.coverage.answered;
      if (turn->ending == "escalated") ++world_.coverage.escalated;
      if (verbose_)
        std::printf("%9.3f turn %lld %s by %s\n", static_cast<double>(world_.schedule.time()) / kSecond,
                    static_cast<long long>(turn->index), std::string(turn->ending).c_str(),
                    std::string(turn->by).c_str());
    }
  }
  void left(const Request& request) override { tell("left", request); }
  void applied(const Request& request) override { tell("applied", request); }
  void alarmed(const core::Alarm& alarm, Micros) override {
    if (alarm.id == "part.parked") ++world_.coverage.parked;
  }
  void crashed() override {
    if (verbose_) std::printf("%9.3f ---- crash\n", static_cast<double>(world_.schedule.time()) / kSecond);
  }

 private:
  void tell(const char* what, const Request& request) const {
    if (verbose_)
      std::printf("%9.3f %s %s attempt %lld: %s\n", static_cast<double>(world_.schedule.time()) / kSecond, what,
                  request.task.c_str(), static_cast<long long>(request.attempt), request.text.c_str());
  }
  World& world_;
  const bool verbose_;
};

class Run {
 public:
  Run(std::uint64_t seed, bool verbose)
      : world_(seed),
        reporter_(world_, verbose),
        order_(world_.disk),
        memory_(world_.disk),
        forgotten_(world_.disk),
        shell_(world_, static_cast<int>(world_.dice.one_of(kCrashes)), world_.dice.happens(500) ? 20 : 2),
        handlers_(world_, shell_) {
    world_.watching = {&reporter_, &acceptance_, &once_,     &judgement_,  &order_,     &silence_,
                       &memory_,   &log_form_,   &commands_, &quarantine_, &forgotten_, &counters_};
    for (const auto account : kAccounts) platforms_.push_back(std::make_unique<Platform>(world_, shell_, account));
    for (auto& platform : platforms_) all_.push_back(platform.get());
    shell_.connect(handlers_, all_);
  }

  Outcome play() {
    Outcome outcome;
    try {
      trouble();
      rest();
    } catch (const std::exception& violation) {
      outcome.violation = violation.what();
    }
    if (shell_.up()) world_.coverage.duplicates += shell_.core().figures().duplicates;
    outcome.digest = world_.digest.value();
    outcome.hours = static_cast<double>(world_.schedule.time()) / static_cast<double>(kHour);
    outcome.coverage = world_.coverage;
    return outcome;
  }

 private:
  static constexpr std::array<int, 4> kCrashes{0, 2, 10, 40};

  void trouble() {
    shell_.start();
    sweep();
    const auto pace = world_.dice.between(1, 30) * kSecond;
    const Micros end = world_.schedule.time() + 70 * pace;
    for (auto* platform : all_) stir(*platform, pace, end);
    disturb(end);
    while (world_.schedule.step(end)) {
    }
  }

  // No fault from here on: whoever writes now is answered, and nothing stays open.
  void rest() {
    world_.troubled = false;
    for (int minutes = 0; minutes == 0 || (!shell_.up() && minutes < 30); ++minutes) until(kMinute);
    for (int times = 0; times < 2; ++times) {  // a refusal may still have been on its way
      people_.mend();
      until(kMinute);
    }
    std::vector<std::string> probes;
    for (int round = 0; round < 3; ++round) {
      for (auto* platform : all_) probes.push_back(std::string(platform->account()) + " " + platform->probe());
      until(kMinute);
    }
    until(2 * kHour);
    if (!shell_.up()) throw Violation("simulation", "the process has not come back");
    for (const auto& [index, row] : world_.disk.open_turns())
      if (row.stage == 2) silence_.list(index);
    for (auto* each : world_.watching) each->ended(world_.clock.now().wall);
    check_listed();
    check_probes(probes);
  }

  // What is open is in quarantine, and the outbox holds nothing but what is parked and what waits behind it.
  void check_listed() {
    const std::string quarantine = shell_.core().quarantine_json(), parked = shell_.core().parked_json();
    for (const auto& [index, row] : world_.disk.open_turns())
      if (row.deadline + 3 * kMinute < world_.clock.now().wall &&
          quarantine.find("\"index\":" + std::to_string(index) + ",") == quarantine.npos)
        throw Violation("silence", "record " + std::to_string(index) + " is open and not listed in quarantine");
    const Micros settled = world_.clock.now().wall - kMinute;  // a timer may have spoken a moment ago
    for (const auto& [key, row] : world_.disk.outbox())
      if (row.since < settled && parked.find("\"message\":\"" + row.message.hex()) == parked.npos)
        throw Violation("silence", "part " + std::to_string(key) + " is in the outbox and not listed as parked");
  }

  // Who writes when nothing fails is answered by a bot.
  void check_probes(const std::vector<std::string>& probes) {
    std::size_t found = 0;
    for (const auto& record : world_.disk.records()) {
      if (record.type != "msg.in" || !record.body || record.body->find("\"key\":\"probe") == std::string::npos)
        continue;
      ++found;
      const auto turn = world_.disk.turns().find(record.index);
      if (turn == world_.disk.turns().end() || turn->second.ending != "answered")
        throw Violation("once",
                        "record " + std::to_string(record.index) + ", sent when nothing fails, was not answered");
    }
    if (found != probes.size())
      throw Violation("acceptance", "a message that was sent when nothing fails is not on record");
  }

  void until(Micros delay) {
    const Micros end = world_.schedule.time() + delay;
    while (world_.schedule.step(end)) {
    }
  }

  void stir(Platform& platform, Micros pace, Micros end) {
    if (world_.schedule.time() >= end) return;
    platform.stir();
    const Micros delay =
        world_.dice.happens(200) ? world_.dice.between(0, 50) * kMilli : world_.dice.between(0, 2 * pace);
    world_.schedule.after(delay, [this, &platform, pace, end] { stir(platform, pace, end); });
  }

  // People at work, reloads, a clock that is set, a crash out of the blue.
  void disturb(Micros end) {
    if (world_.schedule.time() >= end) return;
    const auto what = world_.dice.between(0, 99);
    if (what < 60) people_.work();
    if (what >= 60 && what < 64) shell_.reload(static_cast<int>(world_.dice.between(0, 5)));
    if (what == 64) {
      ++world_.coverage.clock_steps;
      world_.clock.step(world_.dice.happens(500) ? world_.dice.between(-kHour, kHour)
                                                 : world_.dice.between(-900, 900) * kMilli);
      shell_.put(core::Tick{});
    }
    if (what == 65) shell_.crash();
    world_.schedule.after(world_.dice.between(1, 40) * kSecond, [this, end] { disturb(end); });
  }

  void sweep() {
    for (auto* each : world_.watching) each->swept(world_.clock.now().wall, shell_.up_for());
    world_.schedule.after(kMinute, [this] { sweep(); });
  }

  World world_;
  Reporter reporter_;
  Acceptance acceptance_;
  Once once_;
  Judgement judgement_;
  Order order_;
  Silence silence_;
  Memory memory_;
  LogForm log_form_;
  Commands commands_;
  Quarantine quarantine_;
  Counters counters_;
  Forgotten forgotten_;
  Shell shell_;
  Handlers handlers_;
  std::vector<std::unique_ptr<Platform>> platforms_;
  std::vector<Platform*> all_;
  Operator people_{world_, shell_, commands_, all_};
};

}  // namespace

Outcome run(std::uint64_t seed, bool verbose) {
  return Run(seed, verbose).play();
}

}  // namespace postern::simulation
