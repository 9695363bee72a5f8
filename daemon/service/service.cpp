// SPDX-License-Identifier: Apache-2.0
#include "service/service.hpp"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <zmq.hpp>

#include "base/log.hpp"
#include "broker/broker.hpp"
#include "config/zones.hpp"
#include "control/control.hpp"
#include "control/queries.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "courier/courier.hpp"
#include "gateway/admin.hpp"
#include "gateway/gateway.hpp"
#include "ledger/store.hpp"
#include "service/assembly.hpp"
#include "service/crash_note.hpp"
#include "service/host_prints.hpp"
#include "service/keeper.hpp"
#include "service/ledger_health.hpp"
#include "service/ledger_threads.hpp"
#include "service/metrics.hpp"
#include "service/places.hpp"
#include "service/signals.hpp"
#include "service/standby.hpp"

namespace postern::service {
namespace {

constexpr Micros kTurn = kSecond;  // how often main looks at the others
constexpr std::size_t kChores = 16;
constexpr Micros kGrace = 3 * kSecond;  // for requests under way, at the end

// No core dump, which would hold tokens; and no other process of the same user, a plugin's host above all, may look
// into this one's memory. (A leak checker must.)
void keep_to_ourselves() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

/// Everything that runs, in the order in which it starts; it ends in the other order.
class Service {
 public:
  explicit Service(const Options& options) : options_(options) {}

  int run() {
    for (const auto step :
         {&Service::read_configuration, &Service::make_folders, &Service::open_ledger, &Service::start_ledger_threads,
          &Service::start_courier, &Service::listen, &Service::start_broker})
      if (const int code = (this->*step)(); code != kOk) {
        stop();
        return alarm_ ? stand_by(*assembly_, *alarm_, signals_) : code;
      }
    const int code = wait();
    stop();
    if (!alarm_) return code;
    const int read = read_configuration();  // its endpoints were given away
    return read == kOk ? stand_by(*assembly_, *alarm_, signals_) : read;
  }

 private:
  // ---- start

  int read_configuration() {
    config::Problems problems;
    // The crash notes lie in the state folder, which only the configuration names: so it is read twice if there are
    // any.
    auto assembly = assemble(ground_of(options_.config_file, {}), clock_.now().wall, problems);
    if (assembly) {
      crash_note_.emplace(assembly->config.state_dir / "crashed-plugins");
      if (!crash_note_->distrusted().empty())
        assembly = assemble(ground_of(options_.config_file, crash_note_->distrusted()), clock_.now().wall, problems);
    }
    if (!assembly) {
      std::fputs(problems.text().c_str(), stderr);
      return kConfig;
    }
    assembly_ = std::move(assembly);
    log::set_level(assembly_->config.log_level);
    return kOk;
  }

  int make_folders() {
    ::umask(0077);
    for (const auto& [folder, mode] :
         {std::pair{assembly_->config.state_dir, mode_t{0700}}, std::pair{assembly_->config.runtime_dir, mode_t{0750}}})
      if (auto made = own_folder(folder, mode); !made) return fail(made.error(), kCannotCreate);
    crash_note_.emplace(assembly_->config.state_dir / "crashed-plugins");
    crash_note_->install();
    for (const auto& section : crash_note_->distrusted())
      log::warning(
          "plugin.distrusted",
          "a plugin crashed as a thread, so it runs as a process; `posternctl plugin trust` gives it its thread back",
          {{"section", section}});
    return kOk;
  }

  int open_ledger() {
    auto opened = ledger::Store::open(ledger_options(*assembly_), clock_);
    if (!opened && opened.error().superseded) return must_not_go_on(opened.error().error.what);
    if (!opened) return fail(opened.error().error, opened.error().exit_code);
    store_ = std::move(*opened);
    if (store_->is_new())
      log::info("ledger.new", "a new ledger was begun; keep its verifier key outside this machine",
                {{"vkey", store_->genesis().text()}});
    const auto why = ask_outside(*store_, *assembly_);
    return why ? must_not_go_on(*why) : kOk;
  }

  /// Something newer or other of this ledger was seen outside.
  int must_not_go_on(const std::string& why) {
    leave_alarm(assembly_->config.state_dir, why);
    alarm_ = why;
    return kSoftware;
  }

  int start_ledger_threads() {
    ledger_ = std::make_unique<LedgerThreads>(*store_, inbox_, broker_, [this](const std::string& why) {
      (void)chores_.put([this, why] { must_not_go_on(why); });
    });
    const auto started = ledger_->start(*assembly_);
    return started ? kOk : fail(started.error().error, started.error().exit_code);
  }

  int start_courier() {
    // What was issued in earlier lives takes the place of what is configured, unless that has changed.
    courier::Credentials credentials = *assembly_->credentials;
    for (const auto& row : store_->tokens())
      if (row.tokens) credentials.issue(row.account, row.seed, row.tokens);
    courier_ = std::make_unique<courier::Courier>(assembly_->courier,
                                                  std::make_shared<const courier::Credentials>(std::move(credentials)),
                                                  [this](std::span<courier::Delivery> deliveries) {
                                                    for (auto& delivery : deliveries)
                                                      (void)inbox_.deliveries.put(std::move(delivery));
                                                  });
    return kOk;
  }

  int listen() {
    auto endpoints = gateway::Endpoints::make(std::move(assembly_->endpoints), std::move(assembly_->deletions));
    if (!endpoints) return fail(endpoints.error(), kConfig);
    const config::Config& config = assembly_->config;
    try {
      gateway_ = std::make_unique<gateway::Gateway>(
          config.listen.host, config.listen.port, assembly_->gateway, std::move(*endpoints),
          [this](gateway::WebhookId id, gateway::VerifiedBody&& body) {
            return ledger_->writer().admit() && inbox_.put(id, std::move(body));
          },
          gateway_counters_);
      gateway_->take_deletions([this](gateway::DeletionCall&& call) {
        return (!call.wish || ledger_->writer().admit()) && inbox_.deletions.put(std::move(call));
      });
      admin_ = std::make_unique<gateway::Admin>(
          gateway_->loop(), config.admin_listen.host, config.admin_listen.port,
          gateway::AdminPages{[this] { return not_ready(); },
                              [this] {
                                return metrics_text(gateway_counters_, broker_->counters(), courier_->counters(),
                                                    ledger_->writer(), ledger_->scrubber(), broker_->account_marks(),
                                                    ledger_->publisher().marks(), not_ready().empty());
                              }});
    } catch (const std::exception& error) {
      return fail({error.what(), "is another program listening there?"}, kUnavailable);
    }
    return kOk;
  }

  int start_broker() {
    const config::Config& config = assembly_->config;
    broker::Start start;
    start.settings = assembly_->settings;
    start.seen_key = store_->seen_key();
    start.image = store_->take_image();
    start.hosts = host_prints_.changed(assembly_->hosts);
    start.reaches = assembly_->reaches;
    start.diary = {.heartbeat = config.heartbeat, .key_age = config.key_age, .key_since = store_->key_since()};
    start.records.push_back(broker::plain_record("audit.start"));
    if (!store_->ended_well()) start.records.push_back(broker::plain_record("audit.recovered"));
    start.records.push_back(loaded_configuration(*assembly_));
    broker::Links links;
    links.answer = [this](std::span<const gateway::Answer> answers) { gateway_->answer(answers); };
    links.load = [this](core::Load&& load) { return ledger_->loader().submit(std::move(load)); };
    tie(links, ledger_->keeper());
    start.most_of_a_file = config.limits.media_size;
    links.query = [this](control::Query&& query) { return queries_->submit(std::move(query)); };
    links.reload = [this](std::uint64_t reply_to, std::string_view actor) {
      return chores_.put([this, reply_to, actor] { reload(reply_to, actor); });
    };
    links.trust = [this](std::uint64_t reply_to, std::string section) {
      return chores_.put([this, reply_to, section = std::move(section)] { trust(reply_to, section); });
    };
    links.ledger_status = [this] {
      return ledger_status(*store_, ledger_->writer(), ledger_->scrubber(), ledger_->publisher().marks());
    };
    links.ledger_well = [this] { return trouble_of(ledger_->writer(), ledger_->scrubber()).empty(); };
    try {
      broker_ = std::make_unique<broker::Broker>(
          clock_, context_, inbox_, bus::Hosts::Places{(config.runtime_dir / "hosts").string(), host_program()},
          assembly_->hosts_limits, ledger_->writer(), *courier_, std::move(links), std::move(start));
      control_ = std::make_unique<control::Control>(
          context_, config.runtime_dir, *broker_, [this](std::uint32_t uid) { return actor_of(uid); },
          assembly_->roles);
    } catch (const std::exception& error) {
      return fail({error.what(), {}}, kCannotCreate);
    }
    control::ReplayFacts facts{core::policy::fingerprint_key(store_->seen_key()), config::system_zones};
    queries_ = std::make_unique<control::Queries>(ledger_->reader(), ledger_->clerk(), config.state_dir / "media",
                                                  std::move(facts),
                                                  [this](core::Reply&& reply) { answer_tool(std::move(reply)); });
    queries_->know(assembly_->settings);
    queries_->find_with(ledger_->indexer());
    broker_->set_outlet(*control_);
    broker_->set_deletion_answers(
        {[this](auto id, const auto& wish, const Id& code, bool repeated) {
           gateway_->grant(id, wish, code, repeated);
         },
         [this](auto id, const Id& code, std::string_view state) { gateway_->tell(id, code, state); }});
    broker_->serve(control_->socket(), [this] { control_->receive(); });
    broker_->serve(control_->events_socket(), [this] { control_->hear_subscriptions(); });
    broker_->start();
    gateway_->start();
    log::info("daemon.started", "listening for webhooks",
              {{"host", config.listen.host},
               {"port", static_cast<int>(gateway_->port())},
               {"admin_port", static_cast<int>(admin_->port())},
               {"version", POSTERN_VERSION}});
    return kOk;
  }

  // ---- the wait

  int wait() {
    bool announced = false;
    for (;;) {
      const auto what = signals_.wait(announced ? kTurn : 5 * kMilli);
      if (what == Signals::What::stop) return kOk;
      if (what == Signals::What::reload) reload({}, {});
      if (std::vector<std::function<void()>> chores; chores_.drain(chores))
        for (auto& chore : chores) chore();
      if (alarm_) return kSoftware;
      if (!announced && not_ready().empty()) {
        announced = true;
        sd_notify(0, "READY=1\nSTATUS=serving");
        log::info("daemon.ready", "all plugins have said hello");
      }
      feed_watchdog();
    }
  }

  // Fed while the broker, the gateway and the courier each turn. A writer that waits for a full disk is not a hang.
  void feed_watchdog() {
    const std::uint64_t turns[] = {broker_->counters().turns.load(), gateway_->loop().ticks(),
                                   courier_->counters().turns.load()};
    bool all = true;
    for (std::size_t i = 0; i < 3; ++i) all &= turns[i] != seen_turns_[i];
    if (!all) return;
    std::copy(std::begin(turns), std::end(turns), seen_turns_);
    sd_notify(0, "WATCHDOG=1");
  }

  std::string not_ready() const {
    if (auto trouble = trouble_of(ledger_->writer(), ledger_->scrubber()); !trouble.empty()) return trouble;
    if (!broker_ || !broker_->ready()) return "plugins are starting";
    return {};
  }

  /// `reply_to`: a tool that waits for the answer, and whose; none after SIGHUP.
  void reload(std::optional<std::uint64_t> reply_to, std::string_view actor) {
    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(clock_.now().boot));
    config::Problems problems;
    auto fresh = assemble(ground_of(options_.config_file, crash_note_->distrusted()), clock_.now().wall, problems);
    core::Reply reply{reply_to.value_or(0), true, "{\"reloaded\":true}"};
    if (!fresh) {
      log::error("config.refused", "the new configuration is not taken, the old one stays: " + problems.text());
      reply.ok = false;
      std::string message;
      core::append_json(message, "the new configuration is not taken, the old one stays:\n" + problems.text());
      reply.json = "{\"code\":-32020,\"message\":" + message + "}";
    } else {
      auto endpoints = gateway::Endpoints::make(std::move(fresh->endpoints), std::move(fresh->deletions));
      if (endpoints) gateway_->replace(std::move(*endpoints));
      courier_->replace(fresh->courier, fresh->credentials);
      queries_->know(fresh->settings);
      log::set_level(fresh->config.log_level);
      (void)inbox_.work.put([this, settings = fresh->settings, reaches = fresh->reaches,
                             hosts = host_prints_.changed(fresh->hosts), roles = fresh->roles,
                             record = loaded_configuration(*fresh, actor)]() mutable {
        if (control_->replace(std::move(roles))) broker_->note(changed_roles(record));
        broker_->replace(std::move(settings), std::move(reaches), std::move(hosts), std::move(record));
      });
      log::info("config.loaded", "the new configuration holds", {{"sha256", fresh->settings->hash}});
    }
    sd_notify(0, "READY=1");
    if (reply_to) answer_tool(std::move(reply));
  }

  void trust(std::uint64_t reply_to, const std::string& section) {
    const bool was_distrusted = crash_note_->trust(section);
    if (was_distrusted) log::info("plugin.trusted", "a plugin gets its thread back", {{"section", section}});
    answer_tool({reply_to, true, was_distrusted ? "{\"trusted\":true}" : "{\"trusted\":false}"});
  }

  /// Any thread.
  void answer_tool(core::Reply&& reply) {
    (void)inbox_.work.put([this, reply = std::move(reply)]() mutable { broker_->reply(std::move(reply)); });
  }

  // ---- the end

  void stop() {
    sd_notify(0, "STOPPING=1");
    admit_nothing();
    if (alarm_ && courier_) courier_->stop(0);  // what this ledger still wants to send may have been sent by the other
    if (broker_) broker_->stop();
    if (courier_) courier_->stop(kGrace);
    if (gateway_) gateway_->stop();
    admin_.reset();
    if (ledger_) ledger_->stop();
    queries_.reset();
    control_.reset();
    broker_.reset();
    gateway_.reset();
    courier_.reset();
    ledger_.reset();
    store_.reset();
  }

  void admit_nothing() { inbox_.admits = false; }

  // ---- small things

  int fail(const Error& error, int code) {
    log::error("daemon.failed", text(error));
    return code;
  }

  // Employees stand in the record under pseudonyms, which only this ledger's key can make.
  std::string_view actor_of(std::uint32_t uid) const {
    const crypto::Hmac hmac(store_->seen_key());
    const Hash hash = hmac({view("actor"), view(std::to_string(uid))});
    return core::intern("user:" + hex(ByteView(hash).first(16)));
  }

  static core::Record changed_roles(core::Record loaded) {
    loaded.type = "role.changed";
    return loaded;
  }

  /// `actor`: who asked for it; nobody at the start and after SIGHUP.
  static core::Record loaded_configuration(const Assembly& assembly, std::string_view actor = {}) {
    core::Record record;
    record.type = "config.loaded";
    if (!actor.empty()) record.actor = actor;
    record.extra = {{"sha256", assembly.settings->hash}};
    return record;
  }

  const Options options_;
  Signals signals_;  // before any thread
  SystemClock clock_;
  zmq::context_t context_;
  std::optional<CrashNote> crash_note_;
  std::optional<Assembly> assembly_;
  std::optional<std::string> alarm_;  // why the ledger must not go on; main's
  broker::Inbox inbox_;
  gateway::Counters gateway_counters_;
  std::unique_ptr<ledger::Store> store_;
  std::unique_ptr<LedgerThreads> ledger_;
  std::unique_ptr<courier::Courier> courier_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<gateway::Admin> admin_;
  std::unique_ptr<broker::Broker> broker_;
  std::unique_ptr<control::Control> control_;
  std::unique_ptr<control::Queries> queries_;
  Mailbox<std::function<void()>> chores_{kChores, [this] { signals_.wake(); }};  // main's
  HostPrints host_prints_;
  std::uint64_t seen_turns_[3] = {};
};

}  // namespace

int check(const Options& options) {
  config::Problems problems;
  const auto assembly = assemble(ground_of(options.config_file, {}), SystemClock().now().wall, problems);
  if (!assembly) {
    std::fputs(problems.text().c_str(), stderr);
    return kConfig;
  }
  std::printf("%s: ok (%zu accounts, %zu handlers, %zu routes)\n", options.config_file.c_str(),
              assembly->config.accounts.size(), assembly->config.handlers.size(), assembly->config.routes.size());
  return kOk;
}

int run(const Options& options) {
  keep_to_ourselves();
  try {
    return Service(options).run();
  } catch (const std::exception& error) {
    log::error("daemon.failed", error.what());
    return kSoftware;
  }
}

}  // namespace postern::service
