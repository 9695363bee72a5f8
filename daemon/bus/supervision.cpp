// SPDX-License-Identifier: Apache-2.0
// How hosts begin, are watched, and end.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "bus/hosts.hpp"

namespace postern::bus {
namespace {

constexpr Micros kSilence = 30 * kSecond;  // a process or external host that sent nothing for so long, pings included

}  // namespace

void Hosts::start(Session& session, Micros now) {
  session.starting(now);
  const HostSpec& spec = session.spec();
  switch (spec.isolation) {
    case Isolation::thread:
      return start_thread(session);
    case Isolation::external:
      return;
    case Isolation::process: {
      auto child = Child::spawn(places_.host_program, "ipc://" + places_.socket, spec.library, spec.section,
                                session.epoch(), spec.config);
      if (!child) return crashed(session, text(child.error()), now);
      session.child = std::move(*child);
    }
  }
}

void Hosts::start_thread(Session& session) {
  session.thread.start(context_, {.endpoint = kInproc,
                                  .library = session.spec().library,
                                  .section = session.spec().section,
                                  .epoch = session.epoch(),
                                  .config = session.spec().config,
                                  // The daemon and its threads live and die together, so silence means nothing here.
                                  .silence = 365 * kDay});
}

void Hosts::crashed(Session& session, std::string why, Micros now) {
  std::erase_if(routes_, [&](const auto& item) { return item.second == &session; });
  if (session.is_renewed() && session.killed_for.empty()) return session.ended_for_renewal(now);
  if (!session.killed_for.empty()) why = session.killed_for + "; ended by the daemon";
  witness_(session, session.killed_for.empty() ? "crashed" : "hung", why);
  if (auto guilty = session.crashed(why, now))
    receiver_({Done::How::crashed, std::move(*guilty), false, {}, std::move(why)});
}

void Hosts::watch(Micros now) {
  for (auto& [section, session] : sessions_) {
    watch(*session, now);
    send_calls(*session, now);
  }
}

void Hosts::watch(Session& session, Micros now) {
  std::string how;
  if (session.child.ended(how) || session.thread.ended(how)) crashed(session, std::move(how), now);
  const Isolation isolation = session.spec().isolation;
  if (isolation == Isolation::external && session.state() == Session::State::ready) {
    if (session.has_left())
      crashed(session, kLeft, now);
    else if (now - session.heard > kSilence)
      crashed(session, "no frame for 30 s", now);
  }
  if (const auto start_at = session.start_at(); start_at > 0 && start_at <= now && isolation != Isolation::external)
    start(session, now);
  if (session.kill_at > 0 && session.kill_at <= now) session.child.kill();
  if (const auto function = session.hangs(now); function && session.killed_for.empty()) hung(session, *function, now);
  if (session.state() == Session::State::starting && session.child && session.killed_for.empty() &&
      now - session.heard > limits_.hello_time) {
    session.killed_for = "no hello within 10 s";
    session.child.kill();
  }
}

void Hosts::hung(Session& session, Function function, Micros now) {
  const Micros time = function == Function::handle ? limits_.handle_time : limits_.codec_time;
  const std::string why = fmt::format("no answer to {} within {} s", name(function), time / kSecond);
  if (session.child) {
    session.killed_for = why;
    session.child.terminate();
    session.kill_at = now + kSecond;
  } else if (!session.hang_reported) {
    // A thread cannot be ended from outside, and a program of somebody else's is not ours to end.
    session.hang_reported = true;
    session.count_fault(why);
    witness_(session, "hung",
             why + (session.spec().isolation == Isolation::thread
                        ? "; it runs as a thread, so the daemon can only report it"
                        : "; it is an external program: whoever runs it must end it"));
  }
}

Micros Hosts::next_due(Micros now) const {
  Micros due = now + 250 * kMilli;
  for (const auto& [section, session] : sessions_) {
    for (const Micros at : {session->start_at(), session->hang_at(), session->kill_at})
      if (at > 0) due = std::min(due, at);
  }
  return std::max(due, now);
}

void Hosts::stop(Micros grace) {
  for (auto& [section, session] : sessions_) {
    if (session->state() == Session::State::ready) send(session->route(), {"bye"});
    session->thread.ask_to_end();
    if (session->child) session->child.terminate();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(grace);
  for (auto& [section, session] : sessions_) {
    std::string how;
    while (session->child && !session->child.ended(how) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (session->child) session->child.reap();
    session->thread.end_by(until);
  }
  sessions_.clear();
  routes_.clear();
}

}  // namespace postern::bus
