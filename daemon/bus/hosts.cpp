// SPDX-License-Identifier: Apache-2.0
#include "bus/hosts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "base/log.hpp"
#include "bus/frames.hpp"
#include "bus/hello.hpp"
#include "bus/unquoted.hpp"

namespace postern::bus {
namespace {

constexpr std::int64_t kLargestFrame = 4 << 20;
constexpr int kHighWater = 4096;

// Why this host may not serve the section; empty: it may.
std::string objection(const Session& session, const Hello& hello) {
  const HostSpec& spec = session.spec();
  const std::string section = "section \"" + spec.section + "\"";
  const bool external = spec.isolation == Isolation::external;
  if (!hello.epoch || (!external && *hello.epoch != session.epoch())) return "an older start of " + section;
  if (session.state() == Session::State::ready) return section + " is being served already";
  if (spec.isolation == Isolation::process && (!hello.ipc || hello.pid != session.child.pid()))
    return section + " is run by a child of the daemon, and this is not it";
  if (spec.isolation == Isolation::thread && hello.ipc) return section + " runs as a thread of the daemon";
  if (external && (!hello.ipc || (spec.user && *spec.user != hello.uid)))
    return fmt::format("{} must be served by uid {}, found {}", section, spec.user.value_or(0), hello.uid);
  return {};
}

}  // namespace

Hosts::Hosts(zmq::context_t& context, Places places, HostLimits limits, Receiver receiver, Witness witness)
    : context_(context),
      places_(std::move(places)),
      limits_(limits),
      receiver_(std::move(receiver)),
      witness_(std::move(witness)),
      socket_(context, zmq::socket_type::router) {
  socket_.set(zmq::sockopt::router_mandatory, true);
  socket_.set(zmq::sockopt::linger, 500);
  socket_.set(zmq::sockopt::sndhwm, kHighWater);
  socket_.set(zmq::sockopt::rcvhwm, kHighWater);
  socket_.set(zmq::sockopt::maxmsgsize, kLargestFrame);
  socket_.set(zmq::sockopt::handshake_ivl, 5000);
  socket_.bind(kInproc);
  // The socket lies in a directory that only we and our group may enter; its own mode follows the umask.
  ::unlink(places_.socket.c_str());
  try {
    socket_.bind("ipc://" + places_.socket);
  } catch (const zmq::error_t& error) {
    throw std::runtime_error(fmt::format("cannot listen at {}: {}", places_.socket, error.what()));
  }
  ::chmod(places_.socket.c_str(), 0660);
}

Hosts::~Hosts() {
  stop(0);
}

void Hosts::add(HostSpec spec) {
  const std::string section = spec.section;
  sessions_[section] = std::make_unique<Session>(std::move(spec), limits_);
}

void Hosts::replace(HostSpec spec) {
  const auto at = sessions_.find(spec.section);
  if (at == sessions_.end()) return add(std::move(spec));
  at->second->renew(std::move(spec));
}

bool Hosts::serves(std::string_view section) const {
  const auto at = sessions_.find(std::string(section));
  return at != sessions_.end() && at->second->state() == Session::State::ready;
}

bool Hosts::all_ready() const {
  return std::ranges::all_of(sessions_, [](const auto& item) {
    const Session& session = *item.second;
    return session.state() == Session::State::ready || session.spec().isolation == Isolation::external;
  });
}

void Hosts::call(std::string_view section, Call call) {
  const auto at = sessions_.find(std::string(section));
  if (at == sessions_.end()) {
    receiver_({Done::How::crashed, std::move(call), false, {}, "no plugin is configured for this"});
    return;
  }
  at->second->add(std::move(call));
}

void Hosts::poll_items(std::vector<zmq_pollitem_t>& items) {
  items.push_back({socket_.handle(), 0, ZMQ_POLLIN, 0});
  for (const auto& [section, session] : sessions_)
    if (session->child.descriptor() >= 0) items.push_back({nullptr, session->child.descriptor(), ZMQ_POLLIN, 0});
}

std::vector<HostStatus> Hosts::status() const {
  std::vector<HostStatus> all;
  for (const auto& [section, session] : sessions_) all.push_back(session->status());
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.section < b.section; });
  return all;
}

// ---- frames

void Hosts::send(const zmq::message_t& route, std::initializer_list<std::string_view> frames) {
  try {
    socket_.send(zmq::buffer(route.data(), route.size()), zmq::send_flags::sndmore);
    std::size_t left = frames.size();
    for (const auto frame : frames)
      socket_.send(zmq::buffer(frame), --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
  } catch (const zmq::error_t&) {
    // The peer is gone (ROUTER_MANDATORY). Its end is noticed by its process, thread or silence.
  }
}

void Hosts::refuse(const zmq::message_t& route, std::string_view reason) {
  log::warning("host.refused", "a plugin host was refused: " + std::string(reason));
  send(route, {"refuse", reason});
}

void Hosts::send_calls(Session& session, Micros now) {
  char id[24], time[24];
  while (const Call* call = session.next(now)) {
    const std::string_view id_text(id, static_cast<std::size_t>(std::to_chars(id, id + sizeof id, call->id).ptr - id));
    const auto wall =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
    const std::string_view time_text(
        time, static_cast<std::size_t>(std::to_chars(time, time + sizeof time, wall.count()).ptr - time));
    try {
      const auto& route = session.route();
      socket_.send(zmq::buffer(route.data(), route.size()), zmq::send_flags::sndmore);
      socket_.send(zmq::str_buffer("call"), zmq::send_flags::sndmore);
      socket_.send(zmq::buffer(id_text), zmq::send_flags::sndmore);
      socket_.send(zmq::buffer(name(call->function)), zmq::send_flags::sndmore);
      std::size_t left = call->arguments.size();
      socket_.send(zmq::buffer(time_text), left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
      for (const auto& argument : call->arguments)
        socket_.send(zmq::buffer(content(argument)), --left > 0 ? zmq::send_flags::sndmore : zmq::send_flags::none);
    } catch (const zmq::error_t&) {
      return;  // gone; crashed() follows and takes the call back
    }
  }
}

Session* Hosts::by_route(const zmq::message_t& route) {
  const auto at = routes_.find(std::string(chars(route)));
  return at == routes_.end() ? nullptr : at->second;
}

bool Hosts::take(zmq::message_t& route) {
  for (;;) try {
      if (!socket_.recv(route, zmq::recv_flags::dontwait)) return false;
      frames_.clear();
      for (bool more = route.more(); more; more = frames_.back().more())
        (void)socket_.recv(frames_.emplace_back(), zmq::recv_flags::dontwait);
      return true;
    } catch (const zmq::error_t& error) {
      if (error.num() != EINTR) throw;
    }
}

void Hosts::receive(Micros now) {
  zmq::message_t route;
  while (take(route)) {
    if (frames_.empty()) continue;
    if (chars(frames_[0]) == "hello") {
      hello(std::move(route), now);
      continue;
    }
    Session* session = by_route(route);
    if (!session) continue;  // of an older epoch, or a stranger that said no hello
    session->heard = now;
    heard(*session, now);
  }
  for (auto& [section, session] : sessions_) send_calls(*session, now);
}

void Hosts::heard(Session& session, Micros now) {
  const std::string_view verb = chars(frames_[0]);
  const bool whole = frames_.size() >= 3;
  if (verb == "done" && whole) {
    auto call = closed(session, now);
    if (!call) return;
    Done done;
    done.call = std::move(*call);
    done.stop = chars(frames_[2]) == "1";
    done.items.assign(std::make_move_iterator(frames_.begin() + 3), std::make_move_iterator(frames_.end()));
    receiver_(std::move(done));
  } else if (verb == "fault" && whole) {
    auto call = closed(session, now);
    if (!call) return;
    const std::string text = unquoted(std::string(chars(frames_[2]).substr(0, 1000)), call->arguments);
    session.count_fault(text);
    receiver_({Done::How::fault, std::move(*call), false, {}, text});
  } else if (verb == "log" && whole) {
    log::info("plugin.log", chars(frames_[2]).substr(0, 2000),
              {{"section", session.spec().section}, {"level", chars(frames_[1])}});
  } else if (verb == "ping") {
    send(session.route(), {"pong"});
  } else if (verb == "bye" && session.spec().isolation == Isolation::external) {
    crashed(session, "it said bye", now);
  }
}

// The call that "done" or "fault" ends; none that is open has this id.
std::optional<Call> Hosts::closed(Session& session, Micros now) {
  const auto id = number(chars(frames_[1]));
  return id ? session.close(*id, now) : std::nullopt;
}

void Hosts::hello(zmq::message_t&& route, Micros now) {
  auto hello = read_hello(frames_);
  if (!hello) return refuse(route, hello.error().what);
  const auto at = sessions_.find(hello->section);
  if (at == sessions_.end()) return refuse(route, "no section \"" + hello->section + "\" is configured");
  Session& session = *at->second;
  const bool external = session.spec().isolation == Isolation::external;
  if (external && hello->epoch && session.has_left()) crashed(session, kLeft, now);
  if (const std::string why = objection(session, *hello); !why.empty()) return refuse(route, why);
  if (external) session.starting(now);
  zmq::message_t kept;
  kept.copy(route);
  session.ready(std::move(kept), hello->plugin, hello->version, hello->pid,
                hello->credit > 0 ? hello->credit : limits_.credit);
  std::erase_if(routes_, [&](const auto& item) { return item.second == &session; });
  routes_[std::string(chars(route))] = &session;
  send(route, {"welcome"});
  witness_(session, "loaded", {});
}

}  // namespace postern::bus
