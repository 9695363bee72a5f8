// SPDX-License-Identifier: Apache-2.0
#include "courier/courier.hpp"

#include "base/thread.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <utility>

namespace postern::courier {
namespace {

constexpr Micros kLongestTurn = kSecond;  // so that the watchdog sees a turn, and late errands are noticed

/// Signals are main's. (The threads of libcurl's resolver inherit this.)
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Delivery not_started(const Errand& errand, Fate fate, std::string reason) {
  Delivery delivery;
  delivery.id = errand.id;
  delivery.fate = fate;
  delivery.reason = host_label(errand) + ": " + std::move(reason);
  return delivery;
}

std::atomic<std::uint64_t>& counter(Counters& counters, Fate fate) {
  switch (fate) {
    case Fate::answered:
      return counters.answered;
    case Fate::not_sent:
      return counters.not_sent;
    case Fate::refused:
      return counters.refused;
    case Fate::unclear:
      break;
  }
  return counters.unclear;
}

}  // namespace

Courier::Courier(Settings settings, std::shared_ptr<const Credentials> credentials, Receiver receiver)
    : receiver_(std::move(receiver)),
      open_limit_(settings.open_errands),
      multi_(sockets_, settings.total_transfers),
      mailbox_(settings.open_errands, [this] { sockets_.wake(); }) {
  next_ = current_ = {std::make_shared<const Settings>(std::move(settings)), std::move(credentials)};
  thread_ = std::thread([this] {
    block_signals();
    run();
  });
}

Courier::~Courier() {
  stop(0);
}

bool Courier::submit(Errand&& errand) {
  if (open_.fetch_add(1) < open_limit_ && !stopping_ && mailbox_.put(std::move(errand))) return true;
  open_.fetch_sub(1);
  return false;
}

void Courier::replace(Settings settings, std::shared_ptr<const Credentials> credentials) {
  std::lock_guard lock(mutex_);
  Credentials fresh = *credentials;
  fresh.inherit(*next_.credentials);
  take_over(
      {std::make_shared<const Settings>(std::move(settings)), std::make_shared<const Credentials>(std::move(fresh))});
}

void Courier::issue(std::string_view account, const Hash& seed, std::shared_ptr<const Tokens> tokens) {
  std::lock_guard lock(mutex_);
  Credentials credentials = *next_.credentials;
  credentials.issue(account, seed, std::move(tokens));
  take_over({next_.settings, std::make_shared<const Credentials>(std::move(credentials))});
}

void Courier::take_over(Snapshot&& next) {
  next_ = std::move(next);
  replaced_ = true;
  sockets_.wake();
}

void Courier::stop(Micros grace) {
  if (!thread_.joinable()) return;
  stop_at_ = clock_.now().boot + grace;
  stopping_ = true;
  sockets_.wake();
  thread_.join();
}

void Courier::run() {
  name_thread("courier");
  yield_to_wakers();
  Micros expiry_due = 0;
  for (;;) {
    now_ = clock_.now().boot;
    counters_.turns.fetch_add(1, std::memory_order_relaxed);
    if (stopping_) return deliver_open(stop_at_);
    accept();
    start_waiting();
    if (now_ >= expiry_due) {
      refuse_late();
      expiry_due = now_ + kLongestTurn;
    }
    hand_over();
    multi_.turn(kLongestTurn, finished_);
    for (const auto& [transfer, code] : finished_) finish(*transfer, transfer->end(code));
    hand_over();
  }
}

/// A new snapshot is taken before the errands, so that whoever replaces and then submits gets what he expects.
void Courier::accept() {
  if (replaced_.exchange(false)) {
    std::lock_guard lock(mutex_);
    if (current_.settings != next_.settings) idle_.clear();  // their constant options are the old ones
    current_ = next_;
  }
  mailbox_.drain(arrived_);
  for (auto& errand : arrived_) {
    const auto& settings = *current_.settings;
    const Micros asked = errand.request.timeout_s * kSecond;
    const Micros limit = asked > 0 ? std::min(asked, settings.longest_poll) : settings.total_timeout;
    queue_.put(std::move(errand), now_, limit);
  }
}

void Courier::start_waiting() {
  while (running_.size() < current_.settings->total_transfers) {
    auto next = queue_.next(now_, current_.settings->host_transfers);
    if (!next) return;
    start(std::move(*next));
  }
}

void Courier::start(Queue::Next&& next) {
  auto transfer = idle_transfer();
  transfer->host = next.host;
  transfer->end_by = next.end_by;
  const auto stamp =
      next.errand.request.auth.as == Auth::As::oauth1 ? OAuth1Stamp::fresh(clock_.now().wall) : OAuth1Stamp{};
  if (auto begun = transfer->begin(std::move(next.errand), *current_.credentials, stamp, next.end_by - now_); !begun) {
    deliver(not_started(transfer->errand(), Fate::refused, text(begun.error())));
    queue_.finished(transfer->host);
    idle_.push_back(std::move(transfer));
    return;
  }
  transfer->position = running_.size();
  multi_.add(*transfer);
  running_.push_back(std::move(transfer));
  counters_.started.fetch_add(1, std::memory_order_relaxed);
  counters_.running.store(running_.size(), std::memory_order_relaxed);
}

std::unique_ptr<Transfer> Courier::idle_transfer() {
  if (idle_.empty()) return std::make_unique<Transfer>(current_.settings, sockets_);
  auto transfer = std::move(idle_.back());
  idle_.pop_back();
  return transfer;
}

// What an answer sends elsewhere is a new errand, so that scheme, port and address are judged as if it came from
// outside.
bool Courier::follow(const Transfer& transfer) {
  if (transfer.redirect().empty() || stopping_) return false;
  Errand next = transfer.errand();
  next.request.path = transfer.redirect();
  --next.redirects;
  queue_.put(std::move(next), now_, transfer.end_by - now_);
  return true;
}

void Courier::finish(Transfer& transfer, Delivery&& delivery) {
  if (!follow(transfer)) deliver(std::move(delivery));
  queue_.finished(transfer.host);
  const auto position = transfer.position;
  std::swap(running_[position], running_.back());
  running_[position]->position = position;
  auto ended = std::move(running_.back());
  running_.pop_back();
  if (ended->settings() == current_.settings.get()) idle_.push_back(std::move(ended));
  counters_.running.store(running_.size(), std::memory_order_relaxed);
}

void Courier::refuse_late() {
  for (const auto& errand : queue_.late(now_))
    deliver(not_started(errand, Fate::not_sent, "no connection came free in time"));
}

void Courier::deliver_open(Micros stop_at) {
  deliver_waiting();
  while (!running_.empty() && now_ < stop_at) {
    multi_.turn(std::min(stop_at - now_, kLongestTurn), finished_);
    for (const auto& [transfer, code] : finished_) finish(*transfer, transfer->end(code));
    hand_over();
    counters_.turns.fetch_add(1, std::memory_order_relaxed);
    now_ = clock_.now().boot;
  }
  while (!running_.empty()) {
    auto& transfer = *running_.back();
    multi_.remove(transfer);
    finish(transfer, transfer.abandon("the daemon stopped before the answer came"));
  }
  hand_over();
  while (open_ > 0) {  // a submit() that began before the stop is about to put its errand
    std::this_thread::yield();
    deliver_waiting();
  }
}

void Courier::deliver_waiting() {
  accept();
  for (const auto& errand : queue_.clear()) deliver(not_started(errand, Fate::not_sent, "the daemon stops"));
  hand_over();
}

void Courier::deliver(Delivery&& delivery) {
  counter(counters_, delivery.fate).fetch_add(1, std::memory_order_relaxed);
  deliveries_.push_back(std::move(delivery));
}

void Courier::hand_over() {
  if (deliveries_.empty()) return;
  open_.fetch_sub(deliveries_.size());
  receiver_(deliveries_);
  deliveries_.clear();
}

}  // namespace postern::courier
