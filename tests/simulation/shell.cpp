// SPDX-License-Identifier: Apache-2.0
#include "shell.hpp"

#include <utility>

#include "brand.hpp"
#include "handlers.hpp"
#include "overloaded.hpp"
#include "platform.hpp"

namespace postern::simulation {
namespace {

constexpr std::size_t kOutstanding = 4;  // batches that may be on their way to the disk

}  // namespace

Shell::Shell(World& world, int crashes, std::size_t room)
    : world_(world),
      crashes_(crashes),
      room_(room),
      slow_(world.dice.happens(300) ? 400 : 20),
      issuer_(world),
      login_(issuer_.log_in()),
      settings_(make_settings(0, room, login_)) {}

void Shell::connect(Handlers& handlers, std::vector<Platform*> platforms) {
  handlers_ = &handlers;
  platforms_ = std::move(platforms);
}

void Shell::start() {
  ++life_;
  started_ = world_.schedule.time();
  wake_at_ = 0;
  flush_asked_ = false;
  core_ = std::make_unique<core::Core>(settings_, seen_key_, world_.disk.image(*settings_, world_.dice));
  for (auto* each : world_.watching) each->started(*core_, *settings_, world_.clock.now().wall);
  core::Record start;
  start.type = "audit.start";
  put(core::Noted{std::move(start)});
  const std::size_t before = open_.records.size();
  core_->resume(world_.clock.now(), world_.dice.chance(), open_);
  decided(before);
  put(core::Spares{world_.disk.make_spares(world_.dice, 8)});
}

void Shell::crash() {
  if (!up()) return;
  ++world_.coverage.crashes;
  world_.coverage.duplicates += core_->figures().duplicates;
  // What was on its way to the disk may have come there without anybody hearing of it.
  for (auto durable = world_.dice.between(0, static_cast<std::int64_t>(in_flight_.size())); durable > 0; --durable) {
    world_.disk.commit(std::move(in_flight_.front().content), world_.watching);
    in_flight_.pop_front();
  }
  world_.coverage.lost_batches += in_flight_.size();
  in_flight_.clear();
  open_.clear();
  core_.reset();
  connections_.clear();
  requests_.clear();
  for (auto* each : world_.watching) each->crashed();
  const bool long_outage = world_.dice.happens(50);
  if (world_.dice.happens(200)) world_.clock.reboot();
  if (world_.dice.happens(100)) {
    world_.clock.step(world_.dice.between(-kHour, kHour));
    ++world_.coverage.clock_steps;
  }
  world_.schedule.after(world_.dice.between(100 * kMilli, long_outage ? 12 * kMinute : 5 * kSecond),
                        [this] { start(); });
}

void Shell::put(core::Input&& input) {
  if (!up()) return;
  ++world_.coverage.inputs;
  const std::size_t before = open_.records.size();
  core_->decide(std::move(input), world_.clock.now(), world_.dice.chance(), open_);
  decided(before);
}

void Shell::later(Micros delay, std::function<core::Input()> make) {
  world_.schedule.after(delay, [this, life = life_, make = std::move(make)] {
    if (up() && life == life_) put(make());
  });
}

void Shell::receive(core::Arrived&& arrived, std::function<void()> answered) {
  arrived.webhook = next_number_++;
  connections_[arrived.webhook] = std::move(answered);
  put(std::move(arrived));
}

void Shell::receive(core::Undecodable&& body, std::function<void()> answered) {
  body.webhook = next_number_++;
  connections_[body.webhook] = std::move(answered);
  put(std::move(body));
}

void Shell::command(core::Command&& command, std::function<void(const core::Reply&)> answered) {
  ++world_.coverage.commands;
  command.reply_to = next_number_++;
  requests_[command.reply_to] = std::move(answered);
  put(std::move(command));
}

void Shell::reload(int variant) {
  ++world_.coverage.replaced;
  const auto& tokens = world_.disk.tokens();
  if (const auto row = tokens.find(kEchoes); row != tokens.end() && !row->second.trouble.empty())
    login_ = issuer_.log_in();
  settings_ = make_settings(variant, room_, login_);
  put(core::Replaced{settings_});
}

// What is not visible to the world is done at once; the rest waits for the commit of its batch.
void Shell::decided(std::size_t first_record) {
  for (std::size_t i = first_record; i < open_.records.size(); ++i)
    for (auto* each : world_.watching) each->decided(open_.records[i]);
  for (const auto& action : std::exchange(open_.once, {})) {
    world_.digest.add(action);
    carry_out(action);
  }
  if (!flush_asked_ && open_.needs_commit()) {
    flush_asked_ = true;
    world_.schedule.after(world_.dice.between(0, 2) * kMilli, [this, life = life_] {
      if (life == life_ && up()) flush();
    });
  }
  wake();
}

void Shell::flush() {
  flush_asked_ = false;
  if (!open_.needs_commit() || in_flight_.size() >= kOutstanding) return;  // commit_ready() comes back to it
  for (const auto& record : open_.records) world_.digest.add(record);
  for (const auto& row : open_.rows) world_.digest.add(row);
  for (const auto& action : open_.commit) world_.digest.add(action);
  world_.coverage.records += open_.records.size();
  in_flight_.push_back({{std::move(open_.records), std::move(open_.rows)}, std::move(open_.commit)});
  open_.clear();
  Batch& batch = in_flight_.back();  // a deque keeps its elements in place
  const Micros latency =
      world_.dice.happens(slow_) ? world_.dice.between(kMilli, 3 * kSecond) : world_.dice.between(500, 9'000);
  world_.schedule.after(latency, [this, life = life_, &batch] {
    if (life != life_ || !up()) return;
    batch.ready = true;
    commit_ready();
  });
}

// Batches become durable in their order.
void Shell::commit_ready() {
  while (up() && !in_flight_.empty() && in_flight_.front().ready)
    if (!commit_front()) return;
  if (up()) flush();
}

bool Shell::dies(int of_thousand) {
  const bool died = world_.fault(of_thousand);
  if (died) crash();
  return died;
}

// False if the process died.
bool Shell::commit_front() {
  if (dies(crashes_)) return false;  // before the commit
  world_.disk.commit_keys(in_flight_.front().content);
  if (dies(crashes_ / 2)) return false;  // in between
  Batch batch = std::move(in_flight_.front());
  in_flight_.pop_front();
  world_.disk.commit(std::move(batch.content), world_.watching);
  if (dies(crashes_)) return false;  // durable, and nobody has heard of it
  const auto life = life_;
  put(core::Committed{static_cast<std::int64_t>(world_.disk.records().size()) - 1});
  for (const auto& action : batch.actions) {
    carry_out(action);
    if (dies(crashes_ / 2)) return false;  // some of it was carried out
  }
  return up() && life == life_;
}

// What is found may be old news when it arrives.
void Shell::load(const core::Load& wanted) {
  world_.schedule.after(world_.dice.between(50, 10'000), [this, wanted, life = life_] {
    if (!up() || life != life_) return;
    auto found = world_.disk.load(wanted);
    if (found.conversation) ++world_.coverage.reloads;
    const Micros way = world_.dice.happens(50) ? world_.dice.between(0, 4) * kSecond : world_.dice.between(50, 10'000);
    later(way, [found = std::move(found)] { return found; });
  });
}

// Mostly the file is there; what is kept of it stays when the process dies, like any file.
void Shell::fetch(const core::FetchFile& wanted) {
  core::FileFetched file;
  file.medium = wanted.medium;
  file.reason = "unreachable";
  const auto trouble = world_.dice.between(0, 9);
  file.outcome = trouble == 0 && world_.troubled   ? core::FileFetched::Outcome::failed
                 : trouble <= 2 && world_.troubled ? core::FileFetched::Outcome::retry
                                                   : core::FileFetched::Outcome::done;
  if (file.outcome == core::FileFetched::Outcome::done) {
    file.mime = "image/jpeg";
    file.size = 1000;
    file.file = "file-" + std::to_string(next_number_++);
    files_.insert(file.file);
  }
  later(world_.dice.between(10, 15'000) * kMilli, [file] { return file; });
}

void Shell::wake() {
  const Micros due = core_->next_due();
  if (due == 0) return;
  const Micros at = world_.schedule.time() + std::max(due - world_.clock.now().wall, kMilli);
  if (wake_at_ != 0 && wake_at_ <= at) return;
  wake_at_ = at;
  world_.schedule.after(at - world_.schedule.time(), [this, life = life_, at] {
    if (life != life_ || !up() || wake_at_ != at) return;
    wake_at_ = 0;
    put(core::Tick{});
  });
}

void Shell::carry_out(const core::Action& action) {
  std::visit(Overloaded{
                 [&](const core::Answer& it) {
                   if (auto found = connections_.extract(it.webhook)) found.mapped()();
                 },
                 [&](const core::Load& it) {
                   ++world_.coverage.cold_loads;
                   load(it);
                 },
                 [&](const core::Handle& it) {
                   ++world_.coverage.calls;
                   for (auto* each : world_.watching) each->called(it);
                   handlers_->call(it);
                 },
                 [&](const core::Attempt& it) {
                   for (auto* platform : platforms_)
                     if (platform->account() == it.account) platform->request(it);
                 },
                 [&](const core::LookUp& it) {
                   ++world_.coverage.lookups;
                   core::Profiled profile{it.lookup, "Rita Vaz", "Rita", "rita", "pt"};
                   if (world_.fault(300)) profile = {it.lookup, {}, {}, {}, {}};
                   later(world_.dice.between(10, 600) * kMilli, [profile] { return profile; });
                 },
                 [&](const core::FetchFile& it) { fetch(it); },
                 [&](const core::FindBodies& it) {
                   later(world_.dice.between(1, 50) * kMilli, [this, it] { return world_.disk.find_bodies(it.index); });
                 },
                 [&](const core::FindSubject& it) {
                   later(world_.dice.between(1, 50) * kMilli, [this, it] { return world_.disk.find_subject(it); });
                 },
                 [&](const core::FindRemains& it) {
                   later(world_.dice.between(1, 50) * kMilli, [this, it] { return world_.disk.find_remains(it); });
                 },
                 [&](const core::FindOld& it) {
                   later(world_.dice.between(1, 50) * kMilli, [this, it] { return world_.disk.find_old(it); });
                 },
                 [&](const core::DropFiles& it) {
                   for (const auto& file : it.files) files_.erase(file);
                 },
                 [&](const core::Query&) {},
                 [&](const core::Poll&) {},
                 [&](const core::List& it) {
                   for (const auto* platform : platforms_)
                     if (platform->account() == it.account)
                       later(world_.dice.between(20, 3'000) * kMilli, [platform, it] { return platform->list(it); });
                 },
                 [&](const core::Publish&) {},
                 [&](const core::Refresh& it) {
                   if (const auto answer = issuer_.answer(it))
                     later(world_.dice.between(10, 3'000) * kMilli, [answer] { return *answer; });
                 },
                 [&](const core::Adopt&) {},
                 [&](const core::Connect&) {},
                 [&](const core::DeletionTaken&) {},
                 [&](const core::Reply& it) {
                   if (auto found = requests_.extract(it.reply_to)) found.mapped()(it);
                 },
                 [&](const core::Ask&) {},
                 [&](const core::Alarm& it) {
                   for (auto* each : world_.watching) each->alarmed(it, world_.clock.now().wall);
                 },
             },
             action);
}

}  // namespace postern::simulation
