// SPDX-License-Identifier: Apache-2.0
#include "broker/broker.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "control/request.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::broker {
namespace {

constexpr Micros kLongestWait = 250 * kMilli;  // so that the watchdog sees us turn
constexpr std::size_t kMostWaiting = 20'000;   // events and parts in the core; then no new webhooks are taken
constexpr std::size_t kChanceInBulk = 256;
constexpr Micros kToolsPause = 2 * kMilli;
constexpr Micros kStopGrace = 3 * kSecond;

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

std::string sha256_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  return hex(crypto::sha256(view(bytes)));
}

// The keeper's box holds more than the core can ask at once; if it is full something is broken.
void kept_busy(bool taken) {
  if (!taken) log::error("keeper.full", "the keeper takes no more; this is a defect");
}

// A byte outside the leaf's alphabet, and `=` itself, is `=XX`.
std::string leaf_path(const std::string& path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       std::string_view("._:/@+-").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("={:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Broker::Broker(const Clock& clock, zmq::context_t& context, Inbox& inbox, bus::Hosts::Places places,
               bus::HostLimits limits, ledger::Writer& writer, courier::Courier& courier, Links links, Start start)
    : clock_(clock),
      inbox_(inbox),
      links_(std::move(links)),
      core_(start.settings, start.seen_key, std::move(start.image)),
      batches_(writer, [this](std::vector<core::Action>&& actions) { carry_out(std::move(actions)); }),
      courier_(courier),
      hosts_(
          context, std::move(places), limits, [this](bus::Done&& done) { host_done(std::move(done)); },
          [this](const bus::Session& session, std::string_view what, const std::string& why) {
            witness(session, what, why);
          }),
      tasks_(hosts_, courier, start.reaches, [this](core::Input&& input) { decide(std::move(input)); }),
      connect_(
          tasks_, [this](core::Input&& input) { decide(std::move(input)); },
          [this](core::Reply&& answer) { reply(std::move(answer)); }),
      media_(hosts_, courier, start.reaches, start.most_of_a_file, links_.keep,
             [this](core::Input&& input) { decide(std::move(input)); }),
      webhooks_(
          hosts_, [this](core::Input&& input) { decide(std::move(input)); },
          [this](std::uint64_t webhook, int status) {
            answers_.push_back({static_cast<gateway::WebhookId>(webhook), status});
          },
          [this] { return core_.waiting() > kMostWaiting; }),
      start_records_(std::move(start.records)),
      diary_(start.diary, clock.now()) {
  for (auto& spec : start.hosts) hosts_.add(std::move(spec));
}

Broker::~Broker() {
  stop();
}

void Broker::start() {
  thread_ = std::thread([this] { run(); });
}

void Broker::stop() {
  stopping_ = true;
  inbox_.bell.ring();
  if (thread_.joinable()) thread_.join();
}

void Broker::run() {
  name_thread("broker");
  now_ = clock_.now();
  for (auto& record : start_records_) note(std::move(record));
  core_.resume(now_, draw_chance(), batches_.open());
  carry_out_now(0);
  Micros stop_at = 0;
  for (;;) {
    batches_.flush();
    if (!answers_.empty()) {
      links_.answer(answers_);
      answers_.clear();
    }
    wait();
    take_results();
    hosts_.watch(now_.boot);
    tasks_.watch(now_.boot);
    begin_deferred();
    if (const Micros due = core_.next_due(); due > 0 && due <= now_.wall) decide(core::Tick{});
    write_diary();
    if (!ready_ && hosts_.all_ready()) ready_ = true;
    if (!stopping_) {
      take_webhooks();
      take_deletions();
    } else {
      // What is decided becomes durable; what is not decided was never acknowledged.
      if (stop_at == 0) stop_at = now_.boot + kStopGrace;
      if (batches_.idle() || now_.boot >= stop_at) break;
    }
    count();
  }
  note(plain_record("audit.stop"));  // without it, the next start knows that this end was none
  batches_.flush();
  hosts_.stop(kSecond);
}

// Until somebody rings, a plugin or a tool speaks, or something is due.
void Broker::wait() {
  const Now now = clock_.now();
  Micros wait = std::min(kLongestWait, hosts_.next_due(now.boot) - now.boot);
  if (const Micros due = core_.next_due(); due > 0) wait = std::min(wait, due - now.wall);
  if (const Micros due = tasks_.next_due(); due > 0) wait = std::min(wait, due - now.boot);
  items_.clear();
  hosts_.poll_items(items_);
  items_.push_back({nullptr, inbox_.bell.descriptor(), ZMQ_POLLIN, 0});
  // Each ZeroMQ socket in a poll costs system calls of its own, so under load the tools' are looked at now and then
  // only.
  polled_served_ = !busy_ || now.boot >= tools_due_;
  if (polled_served_) {
    tools_due_ = now.boot + kToolsPause;
    for (const auto& served : served_) items_.push_back({served.socket, 0, ZMQ_POLLIN, 0});
  } else {
    wait = std::min(wait, tools_due_ - now.boot);
  }
  busy_ = zmq_poll(items_.data(), static_cast<int>(items_.size()),
                   std::max<long>(0, static_cast<long>((wait + kMilli - 1) / kMilli))) > 0;
  counters_.turns.fetch_add(1, std::memory_order_relaxed);
  now_ = clock_.now();  // one reading serves all that waits now
}

// Results first: they free what new work needs.
void Broker::take_results() {
  inbox_.bell.quiet();
  if (inbox_.commits.drain(new_commits_)) {
    committed_ = new_commits_.back().last_index;
    diary_.recorded(now_);
    decide(core::Committed{committed_});
    for (const auto& commit : new_commits_) batches_.committed(commit.number);
  }
  hosts_.receive(now_.boot);
  if (inbox_.deliveries.drain(new_deliveries_))
    for (auto& delivery : new_deliveries_) {
      if (owner(delivery.id) == Owner::media)
        media_.delivered(std::move(delivery));
      else
        tasks_.delivered(std::move(delivery), now_.boot);
    }
  if (inbox_.loaded.drain(new_loaded_))
    for (auto& loaded : new_loaded_) decide(std::move(loaded));
  if (inbox_.work.drain(new_work_))
    for (auto& work : new_work_) work();
  if (polled_served_) {
    const std::size_t first = items_.size() - served_.size();
    for (std::size_t i = 0; i < served_.size(); ++i)
      if (items_[first + i].revents & ZMQ_POLLIN) served_[i].readable();
  }
  hosts_.receive(now_.boot);
}

void Broker::take_webhooks() {
  if (batches_.full()) return;  // the mailbox fills, and the gateway says 503
  if (!inbox_.webhooks.drain(new_webhooks_)) return;
  for (auto& webhook : new_webhooks_) {
    inbox_.taken(webhook.body.body().size());
    webhooks_.take(std::move(webhook));
  }
  new_webhooks_.clear();
  hosts_.watch(now_.boot);  // the calls leave now
}

// ---- deciding

core::Chance Broker::draw_chance() {
  if (chance_at_ + sizeof(core::Chance) > chance_.size()) {
    chance_.resize(kChanceInBulk * sizeof(core::Chance));
    crypto::random(chance_);
    chance_at_ = 0;
  }
  core::Chance chance;
  std::copy_n(chance_.begin() + static_cast<std::ptrdiff_t>(chance_at_), chance.size(), chance.begin());
  chance_at_ += chance.size();
  return chance;
}

void Broker::decide(core::Input&& input) {
  const std::size_t before = batches_.open().commit.size();
  core_.decide(std::move(input), now_, draw_chance(), batches_.open());
  carry_out_now(before);
}

// What needs no commit, and the encoding of what will leave after it.
void Broker::carry_out_now(std::size_t first_commit) {
  core::Decision& open = batches_.open();
  for (std::size_t i = first_commit; i < open.commit.size(); ++i)
    if (const auto* attempt = std::get_if<core::Attempt>(&open.commit[i])) tasks_.prepare(*attempt);
  std::vector<core::Action> now = std::exchange(open.once, {});
  for (auto& action : now) carry_out(std::move(action));
}

void Broker::carry_out(std::vector<core::Action>&& actions) {
  for (auto& action : actions) carry_out(std::move(action));
}

void Broker::carry_out(core::Action&& action) {
  std::visit(Overloaded{
                 [&](core::Answer&& it) {
                   answers_.push_back({static_cast<gateway::WebhookId>(it.webhook), it.status});
                 },
                 [&](core::Load&& it) {
                   // The loader's box holds more than the core can ask at once; if it is full something is broken.
                   if (!links_.load(std::move(it)))
                     log::error("loader.full", "the loader takes no more; this is a defect");
                 },
                 [&](core::Handle&& it) {
                   hosts_.call("handler." + std::string(it.handler),
                               {number(Owner::core, it.call),
                                bus::Function::handle,
                                {std::move(it.event), std::move(it.context), std::move(it.state), std::move(it.turn)},
                                it.again});
                 },
                 [&](core::Attempt&& it) { tasks_.release(it); },
                 [&](core::LookUp&& it) { tasks_.look_up(it); },
                 [&](core::FetchFile&& it) { media_.fetch(std::move(it)); },
                 [&](core::FindBodies&& it) { kept_busy(links_.find_bodies(it)); },
                 [&](core::FindSubject&& it) { kept_busy(links_.find_subject(std::move(it))); },
                 [&](core::FindRemains&& it) { kept_busy(links_.find_remains(it)); },
                 [&](core::FindOld&& it) { kept_busy(links_.find_old(std::move(it))); },
                 [&](core::DropFiles&& it) { kept_busy(links_.drop_files(std::move(it))); },
                 [&](core::Poll&& it) { tasks_.poll(it); },
                 [&](core::Refresh&& it) { tasks_.refresh(it); },
                 [&](core::Adopt&& it) { courier_.issue(it.account, it.seed, std::move(it.tokens)); },
                 [&](core::List&& it) { tasks_.list(it); },
                 [&](core::Connect&& it) { connect_.connect(it.reply_to, it.account); },
                 [&](core::Query&& it) { answer_from_ledger(std::move(it)); },
                 [&](core::Publish&& it) {
                   if (outlet_) outlet_->publish(it);
                 },
                 [&](core::Reply&& it) { reply(std::move(it)); },
                 [&](core::Ask&& it) { ask(it.question); },
                 [&](core::DeletionTaken&& it) { granted(it); },
                 [&](core::Alarm&& it) {
                   counters_.alarms.fetch_add(1, std::memory_order_relaxed);
                   log::warning(it.id, it.text, {{"account", it.account}, {"conversation", it.conversation}});
                 },
             },
             std::move(action));
}

void Broker::answer_from_ledger(core::Query&& query) {
  const std::uint64_t reply_to = query.reply_to;
  if (!links_.query({reply_to, std::move(query.method), std::move(query.params)})) too_busy(reply_to);
}

void Broker::reply(core::Reply&& reply) {
  if (outlet_) outlet_->reply(std::move(reply));
}

void Broker::host_done(bus::Done&& done) {
  const std::uint64_t number = done.call.id;
  switch (owner(number)) {
    case Owner::webhook:
      return webhooks_.decoded(index(number), std::move(done));
    case Owner::task:
      return tasks_.encoded(index(number), std::move(done));
    case Owner::media:
      return media_.answered(index(number), std::move(done));
    case Owner::core:
      return handled(std::move(done));
  }
}

void Broker::handled(bus::Done&& done) {
  core::Handled handled;
  handled.call = index(done.call.id);
  handled.stop = done.stop;
  std::string fault = std::move(done.text);
  if (done.how == bus::Done::How::answered) {
    for (const auto& item : done.items) {
      auto effect = core::parse_effect({item.data<char>(), item.size()});
      if (!effect) {
        fault = effect.error().what;
        break;
      }
      handled.effects.push_back(std::move(*effect));
    }
    if (fault.empty()) return decide(std::move(handled));
  }
  log::warning("plugin.fault", "handle: " + fault);
  decide(core::HandlerFailed{handled.call, std::move(fault)});
}

void Broker::witness(const bus::Session& session, std::string_view what, const std::string& why) {
  const bus::HostStatus status = session.status();
  core::Record record;
  std::string actor = "plugin:";
  const std::string plugin = status.plugin.empty() ? session.spec().section : status.plugin;
  actor += plugin + "@" + (status.version.empty() ? "0" : status.version);
  record.actor = core::intern(actor);
  if (what == "loaded") {
    record.type = "plugin.loaded";
    // Of an external program no file is known, only who runs it.
    if (session.spec().library.empty())
      record.extra = {{"pid", std::to_string(status.pid)}, {"user", std::to_string(session.spec().user.value_or(0))}};
    else
      record.extra = {{"path", leaf_path(session.spec().library.string())},
                      {"sha256", sha256_of(session.spec().library)},
                      {"signer", "none"}};
    log::info("plugin.loaded", "a plugin is ready",
              {{"section", session.spec().section},
               {"plugin", plugin},
               {"version", status.version},
               {"isolation", status.isolation},
               {"epoch", static_cast<std::int64_t>(status.epoch)}});
  } else {
    record.type = what == "hung" ? "plugin.hung" : "plugin.crashed";
    record.outcome = "failed";
    log::error(record.type, "a plugin " + std::string(what) + ": " + why, {{"section", session.spec().section}});
  }
  note(std::move(record));
}

void Broker::replace(std::shared_ptr<const core::Settings> settings, std::shared_ptr<const Reaches> reaches,
                     std::vector<bus::HostSpec> hosts, core::Record loaded) {
  tasks_.replace(reaches);
  media_.replace(std::move(reaches));
  for (auto& spec : hosts) hosts_.replace(std::move(spec));
  decide(core::Replaced{std::move(settings)});
  note(std::move(loaded));
}

void Broker::renewed(std::int64_t kek) {
  log::info("keys.renewed", "all keys are wrapped under the newest key encryption key; older ones can be destroyed",
            {{"kek", kek}});
  core::Record record = plain_record("kek.rotate");
  record.count = kek;
  note(std::move(record));
}

void Broker::write_diary() {
  if (batches_.full()) return;
  while (auto record = diary_.due(now_)) {
    diary_.recorded(now_);  // a commit that takes its time is not asked for twice
    note(std::move(*record));
  }
  rotate_key();
}

// Whoever steals today's key can sign no other yesterday. The record is the last of its batch, so it waits until that
// can leave at once.
void Broker::rotate_key() {
  if (rotations_.empty() && diary_.key_is_old(now_)) rotations_.push_back({plain_record("key.rotate"), 0});
  if (rotations_.empty()) return;
  batches_.flush();
  if (batches_.full()) return;
  decide(std::move(rotations_.front()));
  rotations_.pop_front();
  batches_.flush();
  diary_.rotated(now_);
}

}  // namespace postern::broker
