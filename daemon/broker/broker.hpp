// SPDX-License-Identifier: Apache-2.0
// The broker's thread: drains what waits, lets the core decide it as one batch, carries out what needs no commit at
// once and the rest when the batch is durable. It owns the core and every ZeroMQ socket, and blocks on nothing but its
// poll.
#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>
#include <zmq.hpp>

#include "base/clock.hpp"
#include "broker/batches.hpp"
#include "broker/connect.hpp"
#include "broker/diary.hpp"
#include "broker/inbox.hpp"
#include "broker/media.hpp"
#include "broker/tasks.hpp"
#include "broker/webhooks.hpp"
#include "bus/hosts.hpp"
#include "control/backend.hpp"
#include "core/core.hpp"

namespace postern::broker {

/// The other threads, as far as the broker calls them. All must outlive it; none may wait.
struct Links {
  std::function<void(std::span<const gateway::Answer>)> answer;                ///< webhooks, at the gateway
  std::function<bool(core::Load&&)> load;                                      ///< at the loader
  std::function<bool(control::Query&&)> query;                                 ///< at the reader
  Media::Keep keep;                                                            ///< a file, at the keeper
  std::function<bool(core::FindBodies)> find_bodies;                           ///< at the keeper
  std::function<bool(core::FindSubject&&)> find_subject;                       ///< at the keeper
  std::function<bool(core::FindRemains)> find_remains;                         ///< at the keeper
  std::function<bool(core::FindOld&&)> find_old;                               ///< at the keeper
  std::function<bool(core::DropFiles&&)> drop_files;                           ///< at the keeper
  std::function<bool(std::uint64_t reply_to, std::string_view actor)> reload;  ///< the configuration, at main
  std::function<bool(std::uint64_t reply_to, std::string section)> trust;      ///< a plugin, at main
  std::function<std::string()> ledger_status;                                  ///< JSON object for status
  std::function<bool()> ledger_well;  ///< it commits, there is room for more, and no damage is known
};

struct Start {
  std::shared_ptr<const core::Settings> settings;
  crypto::Key seen_key{};
  core::Image image;
  std::vector<core::Record> records;  ///< what the start itself puts on record: audit.start, config.loaded
  DiaryTimes diary;
  std::vector<bus::HostSpec> hosts;
  std::shared_ptr<const Reaches> reaches;
  std::size_t most_of_a_file = 25u << 20;  ///< bytes
};

/// Where the answers to those go who are to be forgotten, or look whether they are.
struct DeletionAnswers {
  std::function<void(gateway::WebhookId, const gateway::DeletionWish&, const Id& code, bool repeated)> grant;
  std::function<void(gateway::WebhookId, const Id& code, std::string_view state)> tell;
};

/// For /metrics and the watchdog; any thread.
struct Counters {
  std::atomic<std::uint64_t> turns{0};  ///< of the loop
  std::atomic<std::uint64_t> batches{0}, records{0}, received{0}, duplicates{0}, sent{0}, refused{0}, answered{0},
      escalated{0}, alarms{0};
  std::atomic<std::uint64_t> waiting_turns{0}, quarantined{0}, conversations{0};
};

class Broker final : public control::Backend {
 public:
  Broker(const Clock& clock, zmq::context_t& context, Inbox& inbox, bus::Hosts::Places places, bus::HostLimits limits,
         ledger::Writer& writer, courier::Courier& courier, Links links, Start start);
  ~Broker() override;

  /// A socket of the control module, to be polled with ours. Before start().
  void serve(void* zmq_socket, std::function<void()> readable) { served_.push_back({zmq_socket, std::move(readable)}); }
  void set_outlet(control::Outlet& outlet) { outlet_ = &outlet; }
  void set_deletion_answers(DeletionAnswers answers) { deletion_answers_ = std::move(answers); }

  void start();
  /// Takes no new work, waits until what was decided is durable and the hosts have said bye. Any thread but its own.
  void stop();
  /// True once all plugins have said hello for the first time. Any thread.
  bool ready() const { return ready_.load(); }
  const Counters& counters() const { return counters_; }
  /// How the accounts stand, for /metrics. Any thread.
  std::vector<core::AccountMark> account_marks() const;

  /// What somebody did that the core has no part in.
  void note(core::Record record) override { decide(core::Noted{std::move(record), 0}); }

  /// A new configuration, complete and checked. Through the inbox's `work`, on the broker's thread.
  void replace(std::shared_ptr<const core::Settings> settings, std::shared_ptr<const Reaches> reaches,
               std::vector<bus::HostSpec> hosts, core::Record loaded);
  /// Decides an input that came by way of `work`.
  void decide(core::Input&& input);
  /// The keeper has done with a file; by way of `work`.
  void kept(core::FileFetched&& file) { media_.kept(std::move(file)); }
  /// All keys are wrapped under this key encryption key; by way of `work`.
  void renewed(std::int64_t kek);
  /// An answer of the reader or of main; by way of `work`.
  void reply(core::Reply&& reply);

  // control::Backend, on the broker's thread
  std::string status() override;
  std::string plugins() override;
  std::string accounts() override { return core_.accounts_json(); }
  std::string quarantine() override { return core_.quarantine_json(); }
  std::string outbox() override { return core_.parked_json(); }
  std::string counters_of_policy() override;
  bool connect(std::uint64_t reply_to, std::string_view actor, const std::string& account) override;
  bool command(core::Command&& command) override;
  bool query(control::Query&& query, std::optional<core::Record>&& record) override;
  bool reload(std::uint64_t reply_to, std::string_view actor) override { return links_.reload(reply_to, actor); }
  bool trust(std::uint64_t reply_to, std::string_view actor, std::string section) override;
  bool read_file(std::uint64_t reply_to, std::string_view actor, std::int64_t record) override;

 private:
  void run();
  void wait();
  void take_results();
  void take_webhooks();
  void take_deletions();
  void granted(const core::DeletionTaken& taken);
  void carry_out_now(std::size_t first_commit);
  void carry_out(std::vector<core::Action>&& actions);
  void carry_out(core::Action&& action);
  void answer_from_ledger(core::Query&& query);
  void host_done(bus::Done&& done);
  void handled(bus::Done&& done);
  void witness(const bus::Session& session, std::string_view what, const std::string& why);
  void ask(std::uint64_t question);
  /// False if it will not be soon. What is to be begun now, or in the order in which it came.
  bool once_there_is_room(std::function<void()> work);
  void begin_deferred();
  void too_busy(std::uint64_t reply_to);
  void write_diary();
  void rotate_key();
  void count();
  core::Chance draw_chance();

  const Clock& clock_;
  Inbox& inbox_;
  const Links links_;
  control::Outlet* outlet_ = nullptr;
  core::Core core_;
  Batches batches_;
  courier::Courier& courier_;
  bus::Hosts hosts_;
  Tasks tasks_;
  Connect connect_;
  Media media_;
  Webhooks webhooks_;
  DeletionAnswers deletion_answers_;
  std::unordered_map<std::uint64_t, gateway::DeletionWish> wishes_;  // by webhook; the core answers each
  std::vector<gateway::DeletionCall> new_deletions_;
  std::vector<core::Record> start_records_;
  struct Served {
    void* socket;
    std::function<void()> readable;
  };
  std::vector<Served> served_;
  std::unordered_map<std::uint64_t, control::Query> questions_;  // that wait for their record
  std::deque<std::function<void()>> deferred_;                   // what tools want begun, while the writer is full
  Diary diary_;
  std::deque<core::Noted> rotations_;  // key.rotate that tools have asked for
  std::vector<gateway::Answer> answers_;
  std::vector<zmq_pollitem_t> items_;
  std::vector<Webhook> new_webhooks_;
  std::vector<courier::Delivery> new_deliveries_;
  std::vector<CommittedBatch> new_commits_;
  std::vector<core::Loaded> new_loaded_;
  std::vector<std::function<void()>> new_work_;
  std::vector<std::uint8_t> chance_;  // drawn in bulk
  std::size_t chance_at_ = 0;
  bool busy_ = false, polled_served_ = false;  ///< the last poll: had it anything; were the tools' sockets in it
  Micros tools_due_ = 0;                       ///< boot time at which they must be in it
  std::int64_t committed_ = core::kNone;       ///< the newest record that is durable
  Now now_;                                    ///< as of this turn of the loop
  Counters counters_;
  mutable std::mutex marks_mutex_;  // guards marks_
  std::vector<core::AccountMark> marks_;
  std::uint64_t account_changes_ = 0;  ///< one more than the core's when marks_ was made; 0: not yet
  std::atomic<bool> stopping_{false}, ready_{false};
  std::thread thread_;
};

}  // namespace postern::broker
