// SPDX-License-Identifier: Apache-2.0
#include "control/control.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>
#include <cstdio>
#include <stdexcept>

#include "base/log.hpp"
#include "control/queries.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::control {
namespace {

constexpr std::int64_t kLargestRequest = 1 << 20;
constexpr std::int64_t kLargestInteger = (std::int64_t{1} << 53) - 1;  // that a leaf holds
constexpr int kHighWater = 1000;
constexpr std::size_t kMostWaiting = 1000;  // requests whose answer is not there yet
constexpr int kMostAtOnce = 100;            // requests between two looks at everything else
constexpr std::size_t kMostFrames = 16;     // of one request: what stands in front of it is kept until the answer

/// What is there at once.
struct List {
  std::string_view method;
  std::string (Backend::*text)();
};
constexpr List kLists[] = {{"status", &Backend::status},         {"plugin.list", &Backend::plugins},
                           {"account.list", &Backend::accounts}, {"quarantine.list", &Backend::quarantine},
                           {"outbox.list", &Backend::outbox},    {"policy.counters", &Backend::counters_of_policy}};
/// What the core carries out, and the parameter that holds a command's text.
struct Order {
  std::string_view method, text;
};
constexpr Order kOrders[] = {{"reply", "text"},           {"quarantine.requeue", ""}, {"quarantine.discard", "reason"},
                             {"outbox.resolve", "as"},    {"account.resume", ""},     {"conversation.close", ""},
                             {"outbox.approve", ""},      {"outbox.withdraw", ""},    {"policy.explain", "as"},
                             {"contact.erase", "reason"}, {"contact.restrict", "as"}, {"contact.rectify", ""},
                             {"hold.place", "reason"},    {"hold.release", "hold"},   {"hold.list", ""},
                             {"retention.run", "as"},     {"contact.link", ""},       {"approval.give", ""},
                             {"approval.refuse", ""},     {"approval.list", ""}};

std::string text_of(const boost::json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

/// −1 if it is no whole number.
std::int64_t integer_of(const boost::json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  const auto* integer = value ? value->if_int64() : nullptr;
  return integer ? *integer : -1;
}

// libzmq gives "localhost:uid:gid:pid" of a local peer, as the kernel says.
Caller caller_of(zmq::message_t& frame) {
  Caller caller;
  unsigned uid = 0, gid = 0;
  const char* peer = zmq_msg_gets(frame.handle(), "Peer-Address");
  if (peer && std::sscanf(peer, "localhost:%u:%u:", &uid, &gid) == 2) caller = {uid, gid};
  return caller;
}

std::string who(std::string_view actor, RoleSet roles) {
  boost::json::object about{{"user", boost::json::string_view(actor.data(), actor.size())}};
  auto& names = about["roles"].emplace_array();
  for (const auto name : kRoleNames)
    if (roles.has(*parse_role(name))) names.emplace_back(boost::json::string_view(name.data(), name.size()));
  return boost::json::serialize(about);
}

bool flag_of(const boost::json::object& params, std::string_view name) {
  const auto* value = params.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

/// A short word that may stand in a leaf; `otherwise` if it is none.
std::string word_of(const boost::json::object& params, std::string_view name, const char* otherwise) {
  auto word = text_of(params, name);
  const bool well = !word.empty() && word.size() <= 64 && std::all_of(word.begin(), word.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
  });
  return well ? word : otherwise;
}

/// The number of the request's own record, which an answer to it names; none if it does not.
std::int64_t request_in(const std::string& answer) {
  boost::json::error_code error;
  const auto value = boost::json::parse(answer, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* data = object ? object->if_contains("data") : nullptr;
  if (data && data->is_object()) object = &data->get_object();
  return object ? integer_of(*object, "request") : -1;
}

void bind(zmq::socket_t& socket, const std::filesystem::path& path) {
  std::filesystem::remove(path);
  try {
    socket.bind("ipc://" + path.string());
  } catch (const zmq::error_t& error) {
    throw std::runtime_error(fmt::format("cannot listen at {}: {}", path.string(), error.what()));
  }
  ::chmod(path.c_str(), 0660);
}

}  // namespace

Control::Control(zmq::context_t& context, const std::filesystem::path& folder, Backend& backend, Actor actor,
                 Roles roles)
    : backend_(backend),
      actor_(std::move(actor)),
      roles_(std::move(roles)),
      control_(context, zmq::socket_type::router),
      events_(context, zmq::socket_type::xpub) {
  for (auto* socket : {&control_, &events_}) {
    socket->set(zmq::sockopt::linger, 200);
    socket->set(zmq::sockopt::sndhwm, kHighWater);
    socket->set(zmq::sockopt::rcvhwm, kHighWater);
    socket->set(zmq::sockopt::maxmsgsize, kLargestRequest);
    socket->set(zmq::sockopt::handshake_ivl, 5000);
  }
  bind(control_, folder / "control");
  bind(events_, folder / "events");
}

void Control::receive() {
  std::vector<zmq::message_t> frames;
  for (int taken = 0; taken < kMostAtOnce; ++taken) {
    frames.clear();
    do {
      zmq::message_t& frame = frames.emplace_back();
      try {
        if (!control_.recv(frame, zmq::recv_flags::dontwait)) return;
      } catch (const zmq::error_t& error) {
        if (error.num() == EINTR) return;
        throw;
      }
    } while (frames.back().more());
    if (frames.size() >= 2 && frames.size() <= kMostFrames) take(frames);
  }
}

void Control::take(std::vector<zmq::message_t>& frames) {
  // All but the last frame is the way back: a REQ socket puts an empty one there, a DEALER may put its own.
  std::vector<std::string> envelope;
  for (std::size_t i = 0; i + 1 < frames.size(); ++i) envelope.emplace_back(frames[i].data<char>(), frames[i].size());
  const zmq::message_t& body = frames.back();
  const auto request = parse_request({body.data<char>(), body.size()});
  if (!request)
    return send(envelope, error_text(request.error().id, error_object(request.error().code, request.error().message)));
  const Caller caller = caller_of(frames.back());
  std::string answer = refusal(*request, caller);
  if (answer.empty() && request->method == "whoami")
    answer = result_text(request->id, who(actor_(caller.uid), roles_.of(caller)));
  else if (answer.empty())
    answer = dispatch(*request, actor_(caller.uid), envelope);
  if (!answer.empty()) send(envelope, answer);
}

std::string Control::refusal(const Request& request, Caller caller) const {
  // What policy says to a text may tell of what was said in private, so trying one is for who may read that.
  const bool tries_text = request.method == "policy.explain" && request.params.contains("text");
  const RoleSet has = roles_.of(caller), needed = roles_for(tries_text ? "show" : std::string_view(request.method));
  if (has.meets(needed)) return {};
  log::warning("control.not_allowed", "a local user asked for what the user's roles do not allow",
               {{"uid", caller.uid}, {"method", request.method.substr(0, 64)}, {"roles", has.text()}});
  return error_text(request.id, error_object(kNotAllowed, fmt::format("\"{}\" takes one of the roles {}; you have {} "
                                                                      "(an administrator gives roles in [roles])",
                                                                      request.method, needed.text(), has.text())));
}

std::string Control::dispatch(const Request& request, std::string_view actor, std::vector<std::string>& envelope) {
  if (const auto* list = std::ranges::find(kLists, request.method, &List::method); list != std::end(kLists))
    return result_text(request.id, (backend_.*list->text)());
  const bool asks_ledger = Queries::knows(request.method);
  const auto* const order = std::ranges::find(kOrders, request.method, &Order::method);
  const bool commands = order != std::end(kOrders);
  const bool reloads = request.method == "reload";
  const bool reads_file = request.method == "media.get";
  if (!asks_ledger && !commands && !reloads && !reads_file && request.method != "plugin.trust" &&
      request.method != "account.connect")
    return error_text(request.id, error_object(kNoMethod, "no such method: " + request.method));
  if (waiting_.size() >= kMostWaiting)
    return error_text(request.id, error_object(kBusy, "too many requests wait for their answer; try again"));

  const std::uint64_t number = wait(request, envelope);
  bool taken = false;
  if (reads_file)
    taken = backend_.read_file(number, actor, integer_of(request.params, "media"));
  else if (asks_ledger)
    taken = query(request, actor, number);
  else if (commands)
    taken = command(request, order->text, actor, number);
  else if (reloads)
    taken = backend_.reload(number, actor);
  else if (request.method == "account.connect")
    taken = backend_.connect(number, actor, text_of(request.params, "account"));
  else
    taken = backend_.trust(number, actor, text_of(request.params, "section"));
  if (taken) return {};
  auto refused = waiting_.extract(number);
  envelope = std::move(refused.mapped().envelope);
  return error_text(request.id, error_object(kBusy, "the daemon is busy; try again"));
}

// What shows or reads names or content is put on record, and so is what leaves in files; the list of conversations
// concerns none alone. Who asks for what is held about them has a record of the asking and one of the answer.
bool Control::query(const Request& request, std::string_view actor, std::uint64_t number) {
  const auto id = [&](std::string_view name) { return Id::from_hex(text_of(request.params, name)).value_or(Id()); };
  std::optional<core::Record> record;
  if (request.method == "show" || request.method == "conversations" || request.method == "policy.replay" ||
      request.method == "search") {
    record.emplace().type = "access.read";
    if (request.method == "search") record->contact = id("contact");
    if (request.method == "show") record->conversation = id("conversation");
  } else if (request.method == "audit.export" || request.method == "audit.disclose") {
    record.emplace().type = "export.created";
    record->contact = id("contact");
    record->conversation = id("conversation");
    record->decision = request.method == "audit.disclose"   ? "disclosure"
                       : flag_of(request.params, "dispute") ? "dispute"
                       : flag_of(request.params, "content") ? "content"
                                                            : "sealed";
    if (const auto disclosed = integer_of(request.params, "record"); disclosed >= 0 && disclosed <= kLargestInteger)
      record->count = disclosed;
  } else if (request.method == "backup") {
    record.emplace().type = "backup.created";
    record->decision = flag_of(request.params, "signing_key") ? "with-signing-key" : "without-signing-key";
    record->actor = actor;
    waiting_.at(number).then = record;  // and how that ended
    record->outcome = "unknown";
  } else if (request.method == "keys.rotate") {
    record.emplace().type = "key.rotate";
  } else if (request.method == "contact.export") {
    record.emplace().type = "subject.access";
    record->contact = id("contact");
    record->actor = actor;
    auto& then = waiting_.at(number).then = record;
    then->decision = "access";
    record->decision = word_of(request.params, "via", "control");
  }
  if (record) record->actor = actor;
  return backend_.query({number, request.method, boost::json::serialize(request.params)}, std::move(record));
}

bool Control::command(const Request& request, std::string_view text, std::string_view actor, std::uint64_t number) {
  core::Command command;
  command.reply_to = number;
  command.method = request.method;
  command.actor = actor;
  command.id = text_of(request.params, "id");
  command.conversation = text_of(request.params, "conversation");
  command.account = text_of(request.params, "account");
  command.contact = text_of(request.params, "contact");
  command.via = text_of(request.params, request.method == "hold.place" ? "scope" : "via");
  if (const auto* change = request.params.if_contains("change")) command.change = boost::json::serialize(*change);
  command.text = text_of(request.params, text);
  if (request.method == "contact.link") command.other = text_of(request.params, "with");
  if (request.method == "policy.explain") command.said = text_of(request.params, "text");
  for (const char* name : {"index", "part", "approval"})
    if (const auto* value = request.params.if_contains(name); value && value->is_int64())
      command.index = value->get_int64();
  if (const auto* form = request.params.if_contains("template"); form && form->is_object())
    command.form = boost::json::serialize(*form);
  if (const auto* in_public = request.params.if_contains("public"); in_public && in_public->is_bool())
    command.in_public = in_public->get_bool();
  return backend_.command(std::move(command));
}

std::uint64_t Control::wait(const Request& request, std::vector<std::string>& envelope) {
  waiting_[next_] = {std::move(envelope), request.id};
  return next_++;
}

void Control::reply(core::Reply&& reply) {
  const auto at = waiting_.find(reply.reply_to);
  if (at == waiting_.end()) return;
  Waiting waiting = std::move(at->second);
  waiting_.erase(at);
  if (waiting.then) {
    waiting.then->outcome = reply.ok ? "ok" : "failed";
    waiting.then->cause = request_in(reply.json);
    backend_.note(std::move(*waiting.then));
  }
  send(waiting.envelope, reply.ok ? result_text(waiting.id, reply.json) : error_text(waiting.id, reply.json));
}

void Control::send(const std::vector<std::string>& envelope, std::string_view text) {
  try {
    for (const auto& frame : envelope) control_.send(zmq::buffer(frame), zmq::send_flags::sndmore);
    control_.send(zmq::buffer(text), zmq::send_flags::dontwait);
  } catch (const zmq::error_t&) {
    // The tool has gone; nobody waits for this answer.
  }
}

void Control::hear_subscriptions() {
  zmq::message_t message;
  try {
    while (events_.recv(message, zmq::recv_flags::dontwait)) {
      // One byte says whether the topic behind it is wanted or no longer; libzmq tells only the first and the last.
      if (message.size() == 0) continue;
      const bool wanted = *message.data<char>() == 1;
      const std::string topic(message.data<char>() + 1, message.size() - 1);
      if (wanted)
        wanted_.insert(topic);
      else
        wanted_.erase(topic);
    }
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
}

void Control::publish(const core::Publish& event) {
  topic_.assign(event.what).append(".").append(event.platform).append(".").append(event.account);
  auto known = numbers_.find(topic_);
  if (known == numbers_.end()) known = numbers_.emplace(topic_, 0).first;
  const std::uint64_t number = ++known->second;
  if (wanted_.empty()) return;  // counted all the same, so that who comes back sees what was missed
  std::string text;
  core::JsonObject object(text);
  object.add("event", event.what).add("account", event.account).add("conversation", event.conversation.hex());
  object.add("index", event.index).add("at", rfc3339(event.at)).add_if("detail", event.detail).end();
  try {
    events_.send(zmq::buffer(topic_), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    events_.send(zmq::buffer(std::to_string(number)), zmq::send_flags::sndmore | zmq::send_flags::dontwait);
    events_.send(zmq::buffer(text), zmq::send_flags::dontwait);
  } catch (const zmq::error_t&) {
    // A feed is not a record: who missed something sees the gap in the numbers and asks.
  }
}

}  // namespace postern::control
