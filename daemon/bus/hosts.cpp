// SPDX-License-Identifier: Apache-2.0
#include "bus/hosts.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <stdexcept>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "host/runner.hpp"

namespace postern::bus {
namespace {

constexpr const char* kInproc = "inproc://hosts";
constexpr std::int64_t kLargestFrame = 4 << 20;
constexpr int kHighWater = 4096;
constexpr Micros kSilence = 30 * kSecond;  // a process or external host that sent nothing for so long, pings included

constexpr const char* kLeft = "its process has ended";

std::string_view chars(const zmq::message_t& frame) {
  return {frame.data<char>(), frame.size()};
}

template <typename Number>
bool number(std::string_view text, Number& to) {
  return std::from_chars(text.data(), text.data() + text.size(), to).ptr == text.data() + text.size() && !text.empty();
}

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

// They go on record as the actor, whose form is strict.
bool is_word(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
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

void Hosts::receive(Micros now) {
  for (;;) {
    zmq::message_t route;
    try {
      if (!socket_.recv(route, zmq::recv_flags::dontwait)) break;
      frames_.clear();
      bool more = route.more();
      while (more) {
        zmq::message_t& frame = frames_.emplace_back();
        (void)socket_.recv(frame, zmq::recv_flags::dontwait);
        more = frame.more();
      }
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) continue;
      throw;
    }
    if (frames_.empty()) continue;
    const std::string_view verb = chars(frames_[0]);
    if (verb == "hello") {
      hello(std::move(route), frames_, now);
      continue;
    }
    Session* session = by_route(route);
    if (!session) continue;  // of an older epoch, or a stranger that said no hello
    session->heard = now;
    if (verb == "done" && frames_.size() >= 3) {
      std::uint64_t id = 0;
      if (!number(chars(frames_[1]), id)) continue;
      auto call = session->close(id, now);
      if (!call) continue;
      Done done;
      done.call = std::move(*call);
      done.stop = chars(frames_[2]) == "1";
      done.items.assign(std::make_move_iterator(frames_.begin() + 3), std::make_move_iterator(frames_.end()));
      receiver_(std::move(done));
    } else if (verb == "fault" && frames_.size() >= 3) {
      std::uint64_t id = 0;
      if (!number(chars(frames_[1]), id)) continue;
      auto call = session->close(id, now);
      if (!call) continue;
      std::string text(chars(frames_[2]).substr(0, 1000));
      session->count_fault(text);
      receiver_({Done::How::fault, std::move(*call), false, {}, std::move(text)});
    } else if (verb == "log" && frames_.size() >= 3) {
      log::info("plugin.log", chars(frames_[2]).substr(0, 2000),
                {{"section", session->spec().section}, {"level", chars(frames_[1])}});
    } else if (verb == "ping") {
      send(route, {"pong"});
    } else if (verb == "bye" && session->spec().isolation == Isolation::external) {
      crashed(*session, "it said bye", now);
    }
  }
  for (auto& [section, session] : sessions_) send_calls(*session, now);
}

void Hosts::hello(zmq::message_t&& route, std::vector<zmq::message_t>& frames, Micros now) {
  if (frames.size() < 5) return refuse(route, "hello: expected protocol, section, epoch, about");
  const std::string section(chars(frames[2]));
  const auto at = sessions_.find(section);
  if (chars(frames[1]) != "1") return refuse(route, "expected protocol 1, found " + std::string(chars(frames[1])));
  if (at == sessions_.end()) return refuse(route, "no section \"" + section + "\" is configured");
  Session& session = *at->second;
  std::uint64_t epoch = 0;
  const bool external = session.spec().isolation == Isolation::external;
  if (!number(chars(frames[3]), epoch) || (!external && epoch != session.epoch()))
    return refuse(route, "an older start of section \"" + section + "\"");
  if (external && session.has_left()) crashed(session, kLeft, now);
  if (session.state() == Session::State::ready)
    return refuse(route, "section \"" + section + "\" is being served already");
  // Who is it? libzmq gives "localhost:uid:gid:pid" of an ipc peer; a thread of ours has none.
  const char* peer = zmq_msg_gets(frames[0].handle(), "Peer-Address");
  unsigned uid = 0, gid = 0;
  int pid = 0;
  const bool ipc = peer && std::sscanf(peer, "localhost:%u:%u:%d", &uid, &gid, &pid) == 3;
  if (session.spec().isolation == Isolation::process && (!ipc || pid != session.child.pid()))
    return refuse(route, "section \"" + section + "\" is run by a child of the daemon, and this is not it");
  if (session.spec().isolation == Isolation::thread && ipc)
    return refuse(route, "section \"" + section + "\" runs as a thread of the daemon");
  if (external && (!ipc || (session.spec().user && *session.spec().user != uid)))
    return refuse(route, fmt::format("section \"{}\" must be served by uid {}, found {}", section,
                                     session.spec().user.value_or(0), uid));

  boost::json::error_code code;
  const auto value = boost::json::parse(boost::json::string_view(frames[4].data<char>(), frames[4].size()), code);
  const auto* about = code ? nullptr : value.if_object();
  if (!about) return refuse(route, "hello: the last frame is no JSON object");
  const std::string plugin = text_of(*about, "plugin"), version = text_of(*about, "version");
  if (!is_word(plugin) || !is_word(version))
    return refuse(route, "hello: expected plugin and version of 1 to 64 letters, digits or . _ + -");
  std::int64_t said_pid = pid;
  if (const auto* given = about->if_contains("pid"); !pid && given && given->is_int64()) said_pid = given->get_int64();
  std::size_t credit = limits_.credit;
  if (const auto* given = about->if_contains("credit"); given && given->is_int64() && given->get_int64() > 0)
    credit = static_cast<std::size_t>(given->get_int64());
  if (external) session.starting(now);
  zmq::message_t kept;
  kept.copy(route);
  session.ready(std::move(kept), plugin, version, said_pid, credit);
  std::erase_if(routes_, [&](const auto& item) { return item.second == &session; });
  routes_[std::string(chars(route))] = &session;
  send(route, {"welcome"});
  witness_(session, "loaded", {});
}

// ---- supervision

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
  session.stop = std::make_unique<std::atomic<bool>>(false);
  session.outcome = std::make_shared<std::atomic<int>>(0);
  session.failure = std::make_shared<std::string>();
  host::Placement placement{.endpoint = kInproc,
                            .library = session.spec().library,
                            .section = session.spec().section,
                            .epoch = session.epoch(),
                            .config = session.spec().config};
  // The daemon and its own threads live and die together, so silence means nothing here.
  placement.silence = 365 * kDay;
  session.thread = std::thread([&context = context_, placement = std::move(placement), stop = session.stop.get(),
                                outcome = session.outcome, failure = session.failure] {
    name_thread(placement.section.c_str() + (placement.section.size() > 15 ? placement.section.size() - 15 : 0));
    yield_to_wakers();
    const auto ended = host::run(context, placement, *stop);
    if (!ended) *failure = text(ended.error());
    outcome->store(ended ? 1 : 2);
  });
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
  if (session.child.ended(how)) crashed(session, std::move(how), now);
  if (session.outcome && session.outcome->load() != 0) {
    session.thread.join();
    const std::string why = session.outcome->load() == 2 ? *session.failure : "its thread ended";
    session.outcome.reset();
    crashed(session, why, now);
  }
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
  if (const auto function = session.hangs(now); function && session.killed_for.empty()) {
    const std::string why =
        fmt::format("no answer to {} within {} s", name(*function),
                    (*function == Function::handle ? limits_.handle_time : limits_.codec_time) / kSecond);
    if (session.child) {
      session.killed_for = why;
      session.child.terminate();
      session.kill_at = now + kSecond;
    } else if (!session.hang_reported) {
      // A thread cannot be ended from outside, and a program of somebody else's is not ours to end.
      session.hang_reported = true;
      session.count_fault(why);
      witness_(session, "hung",
               why + (isolation == Isolation::thread ? "; it runs as a thread, so the daemon can only report it"
                                                     : "; it is an external program: whoever runs it must end it"));
    }
  }
  if (session.state() == Session::State::starting && session.child && session.killed_for.empty() &&
      now - session.heard > limits_.hello_time) {
    session.killed_for = "no hello within 10 s";
    session.child.kill();
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

void Hosts::replace(HostSpec spec) {
  const auto at = sessions_.find(spec.section);
  if (at == sessions_.end()) return add(std::move(spec));
  at->second->renew(std::move(spec));
}

void Hosts::stop(Micros grace) {
  for (auto& [section, session] : sessions_) {
    if (session->state() == Session::State::ready) send(session->route(), {"bye"});
    if (session->stop) session->stop->store(true);
    if (session->child) session->child.terminate();
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(grace);
  for (auto& [section, session] : sessions_) {
    std::string how;
    while (session->child && !session->child.ended(how) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (session->child) session->child.reap();
    // A thread that hangs in its plugin would hold up the end for ever; it goes with the process.
    if (session->thread.joinable()) {
      while (session->outcome && session->outcome->load() == 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      if (session->outcome && session->outcome->load() == 0)
        session->thread.detach();
      else
        session->thread.join();
    }
  }
  sessions_.clear();
  routes_.clear();
}

}  // namespace postern::bus
