// SPDX-License-Identifier: Apache-2.0
#include "bus/session.hpp"

#include <signal.h>

#include <algorithm>
#include <cerrno>

namespace postern::bus {

std::string_view name(Function function) {
  static constexpr std::string_view kNames[] = {"decode", "encode", "interpret", "handle"};
  return kNames[static_cast<std::size_t>(function)];
}
std::string_view name(Isolation isolation) {
  static constexpr std::string_view kNames[] = {"thread", "process", "external"};
  return kNames[static_cast<std::size_t>(isolation)];
}

HostStatus Session::status() const {
  HostStatus status;
  status.section = spec_.section;
  status.plugin = plugin_;
  status.version = version_;
  status.isolation = name(spec_.isolation);
  status.state = renewed_                    ? "starting"
                 : state_ == State::ready    ? (back_off_ > 0 ? "degraded" : "ready")
                 : state_ == State::starting ? "starting"
                                             : "down";
  status.last_error = last_error_;
  status.epoch = epoch_;
  status.restarts = restarts_;
  status.calls = calls_;
  status.faults = faults_;
  status.pid = pid_;
  status.open = open_.size();
  status.waiting = waiting_.size() + suspects_.size();
  return status;
}

void Session::starting(Micros now) {
  ++epoch_;
  state_ = State::starting;
  started_ = heard = now;
  start_at_ = 0;
  kill_at = 0;
  killed_for.clear();
  hang_reported = false;
}

void Session::ready(zmq::message_t route, std::string plugin, std::string version, std::int64_t pid,
                    std::size_t credit) {
  state_ = State::ready;
  route_ = std::move(route);
  plugin_ = std::move(plugin);
  version_ = std::move(version);
  pid_ = pid;
  credit_ = std::min(credit, limits_.credit);
}

bool Session::has_left() const {
  return state_ == State::ready && pid_ > 0 && ::kill(static_cast<pid_t>(pid_), 0) != 0 && errno == ESRCH;
}

void Session::renew(HostSpec spec) {
  spec_ = std::move(spec);
  back_off_ = 0;  // what failed before is not what comes
  if (state_ == State::down) start_at_ = 1;
  if (!thread && !child) return;  // nobody of ours runs
  renewed_ = true;
  thread.ask_to_end();
  child.terminate();
}

void Session::ended_for_renewal(Micros now) {
  renewed_ = false;
  state_ = State::down;
  pid_ = 0;
  start_at_ = now;
  testing_ = false;
  waiting_.insert(waiting_.begin(), std::make_move_iterator(open_.begin()), std::make_move_iterator(open_.end()));
  open_.clear();
}

std::optional<Call> Session::crashed(std::string why, Micros now) {
  renewed_ = false;
  state_ = State::down;
  pid_ = 0;
  last_error_ = std::move(why);
  ++restarts_;
  // At once after a calm time, then after 1, 2, 4 … 60 s.
  if (now - started_ > limits_.calm) back_off_ = 0;
  start_at_ = now + back_off_;
  back_off_ = back_off_ == 0 ? kSecond : std::min<Micros>(back_off_ * 2, 60 * kSecond);
  testing_ = false;
  if (open_.size() == 1) {
    Call guilty = std::move(open_.front());
    open_.clear();
    return guilty;
  }
  suspects_.insert(suspects_.begin(), std::make_move_iterator(open_.begin()), std::make_move_iterator(open_.end()));
  open_.clear();
  return std::nullopt;
}

const Call* Session::next(Micros now) {
  if (state_ != State::ready || renewed_ || testing_ || open_.size() >= credit_) return nullptr;
  std::deque<Call>* from = &waiting_;
  if (!suspects_.empty()) {
    if (!open_.empty()) return nullptr;  // a suspect is asked alone
    from = &suspects_;
    testing_ = true;
  }
  if (from->empty()) return nullptr;
  if (open_.empty()) busy_since_ = now;
  open_.push_back(std::move(from->front()));
  from->pop_front();
  ++calls_;
  return &open_.back();
}

std::optional<Call> Session::close(std::uint64_t id, Micros now) {
  const auto at = std::find_if(open_.begin(), open_.end(), [&](const Call& call) { return call.id == id; });
  if (at == open_.end()) return std::nullopt;
  Call call = std::move(*at);
  open_.erase(at);
  busy_since_ = now;
  testing_ = false;
  hang_reported = false;
  if (back_off_ > 0 && now - started_ > limits_.calm) back_off_ = 0;
  return call;
}

Micros Session::hang_at() const {
  if (open_.empty()) return 0;
  return busy_since_ + (open_.front().function == Function::handle ? limits_.handle_time : limits_.codec_time);
}

std::optional<Function> Session::hangs(Micros now) const {
  if (open_.empty() || now < hang_at()) return std::nullopt;
  return open_.front().function;
}

}  // namespace postern::bus
