// SPDX-License-Identifier: Apache-2.0
// HTTP out. A thread that makes requests to platforms, one attempt each: retries, back-off and rate limits are the
// core's decisions. It holds the credentials and puts them in as it sends.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "base/clock.hpp"
#include "base/mailbox.hpp"
#include "courier/credentials.hpp"
#include "courier/errand.hpp"
#include "courier/multi.hpp"
#include "courier/queue.hpp"
#include "courier/settings.hpp"
#include "courier/sockets.hpp"

namespace postern::courier {

/// For /metrics and the watchdog. Written by the courier, read by any thread.
struct Counters {
  std::atomic<std::uint64_t> turns{0};  ///< moves at least every second while the courier lives
  std::atomic<std::uint64_t> started{0}, answered{0}, not_sent{0}, unclear{0}, refused{0};
  std::atomic<std::uint64_t> running{0};  ///< transfers now
};

class Courier {
 public:
  /// Called on the courier's thread, once a turn, with what ended in it; it may move out of the deliveries. It must not
  /// wait, and must not call stop().
  using Receiver = std::function<void(std::span<Delivery>)>;

  /// Starts the thread.
  Courier(Settings settings, std::shared_ptr<const Credentials> credentials, Receiver receiver);
  /// stop(0)
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  /// Any thread. False when too many errands are open or the courier has been stopped: `errand` is then untouched.
  /// Otherwise exactly one delivery with its id follows.
  [[nodiscard]] bool submit(Errand&& errand);

  /// From now on, also for what waits; what runs goes on with what it was sent with. Any thread.
  /// What was issued and whose configured credentials are the same holds on.
  void replace(Settings settings, std::shared_ptr<const Credentials> credentials);
  /// The same, and only for these tokens, which the platform has issued to the account.
  void issue(std::string_view account, const Hash& seed, std::shared_ptr<const Tokens> tokens);

  /// Takes no more errands, delivers those that wait as not sent, gives those that run `grace` to end, and delivers the
  /// rest as it stands. Returns when the thread has ended. Not from the receiver; further calls do nothing.
  void stop(Micros grace);

  const Counters& counters() const { return counters_; }
  /// Connections opened so far. Any thread.
  std::uint64_t connections() const { return sockets_.opened(); }

 private:
  struct Snapshot {
    std::shared_ptr<const Settings> settings;
    std::shared_ptr<const Credentials> credentials;
  };

  void run();
  void accept();
  void start_waiting();
  void start(Queue::Next&& next);
  bool follow(const Transfer& transfer);
  void finish(Transfer& transfer, Delivery&& delivery);
  void refuse_late();
  void deliver_open(Micros stop_at);
  void deliver_waiting();
  void deliver(Delivery&& delivery);
  void hand_over();
  std::unique_ptr<Transfer> idle_transfer();

  const SystemClock clock_;
  const Receiver receiver_;
  const std::size_t open_limit_;
  Counters counters_;
  std::atomic<std::size_t> open_{0};  // submitted and not delivered
  std::atomic<bool> stopping_{false};
  std::atomic<Micros> stop_at_{0};

  void take_over(Snapshot&& next);

  std::mutex mutex_;  // guards next_, the newest snapshot
  Snapshot next_;
  std::atomic<bool> replaced_{false};

  // The courier's thread alone.
  Sockets sockets_;
  Multi multi_;
  Snapshot current_;
  Queue queue_;
  std::vector<Errand> arrived_;
  std::vector<Multi::Finished> finished_;
  std::vector<std::unique_ptr<Transfer>> running_, idle_;
  std::vector<Delivery> deliveries_;
  Micros now_ = 0;

  Mailbox<Errand> mailbox_;
  std::thread thread_;  // last: starts when all else stands
};

}  // namespace postern::courier
