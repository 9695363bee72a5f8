// SPDX-License-Identifier: Apache-2.0
#include "host/runner.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <optional>
#include <vector>

#include "host/instance.hpp"

namespace postern::host {
namespace {

constexpr auto kPoll = std::chrono::milliseconds(250);  // how long `stop` may go unseen
constexpr int kSendTimeoutMs = 5'000, kLingerMs = 500;
constexpr std::int64_t kLargestFrame = 4 << 20;
constexpr std::size_t kMostLinesBeforeHello = 100;
constexpr std::size_t kCallHead = 4;  // "call", id, function, now_us

thread_local const char* running = nullptr;

std::string_view chars(const zmq::message_t& frame) {
  return {frame.data<char>(), frame.size()};
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Micros monotonic() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

std::string_view level_name(std::int32_t level) {
  static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[std::clamp<std::int32_t>(level, POSTERN_LOG_DEBUG, POSTERN_LOG_ERROR)];
}

/// The connection to the broker.
class Wire {
 public:
  Wire(zmq::context_t& context, const std::string& endpoint) : socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, kLingerMs);
    socket_.set(zmq::sockopt::sndtimeo, kSendTimeoutMs);
    socket_.set(zmq::sockopt::maxmsgsize, kLargestFrame);
    socket_.connect(endpoint);
  }

  /// Sends one message. A broker that takes nothing for five seconds is gone: throws.
  template <typename... Frames>
  void send(const Frames&... frames) {
    std::size_t left = sizeof...(frames);
    (frame(frames, --left != 0), ...);
  }
  void frame(std::string_view content, bool more) {
    const auto flags = more ? zmq::send_flags::sndmore : zmq::send_flags::none;
    for (;;) {
      try {
        if (socket_.send(zmq::buffer(content), flags)) return;
        throw std::runtime_error("the broker takes no frames");
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw;
      }
    }
  }

  /// True when a message waits. A signal ends the wait early.
  bool wait() {
    zmq::pollitem_t item{socket_, 0, ZMQ_POLLIN, 0};
    try {
      return zmq::poll(&item, 1, kPoll) > 0;
    } catch (const zmq::error_t& error) {
      if (error.num() == EINTR) return false;
      throw;
    }
  }

  /// Takes a waiting message into `frames`; false if there is none.
  bool receive(std::vector<zmq::message_t>& frames) {
    frames.clear();
    do {
      zmq::message_t& frame = frames.emplace_back();
      try {
        // The frames of a message arrive together, so only the first may be missing.
        if (socket_.recv(frame, zmq::recv_flags::dontwait)) continue;
      } catch (const zmq::error_t& error) {
        if (error.num() != EINTR) throw;
      }
      frames.pop_back();
      if (frames.empty()) return false;
    } while (frames.back().more());
    return true;
  }

 private:
  zmq::socket_t socket_;
};

/// What the plugin logs. Lines from before hello wait, since the broker doesn't know yet who speaks.
class LogLines {
 public:
  void add(std::int32_t level, std::string_view text) {
    if (wire_)
      wire_->send("log", level_name(level), text);
    else if (waiting_.size() < kMostLinesBeforeHello)
      waiting_.emplace_back(level, text);
  }
  void open(Wire& wire) {
    wire_ = &wire;
    for (const auto& [level, text] : waiting_) add(level, text);
    waiting_.clear();
  }
  void close() { wire_ = nullptr; }

 private:
  Wire* wire_ = nullptr;
  std::vector<std::pair<std::int32_t, std::string>> waiting_;
};

class Runner {
 public:
  Runner(Wire& wire, Instance& instance, const Placement& placement)
      : wire_(wire), instance_(instance), placement_(placement) {}

  void hello() {
    const Descriptor& plugin = instance_.library().descriptor();
    const boost::json::object about{{"plugin", boost::json::string(plugin.id)},
                                    {"version", boost::json::string(plugin.version)},
                                    {"kind", boost::json::string(name_of(plugin.kind))},
                                    {"pid", ::getpid()},
                                    {"facts", boost::json::parse(boost::json::string_view(plugin.facts))}};
    wire_.send("hello", "1", placement_.section, std::to_string(placement_.epoch), boost::json::serialize(about));
  }

  /// Until it is over, for whatever reason.
  Result<void> serve(const std::atomic<bool>& stop) {
    heard_ = monotonic();
    while (!over_ && !stop) {
      if (wire_.wait())
        while (!over_ && !stop && wire_.receive(frames_)) take();
      if (auto alive = check_silence(); !alive) return alive;
    }
    if (refusal_) return tl::unexpected(*refusal_);
    wire_.send("bye");
    return {};
  }

 private:
  void take() {
    const std::string_view verb = chars(frames_[0]);
    if (verb == "call" && welcome_) {
      call();
    } else if (verb == "ping") {
      wire_.send("pong");
    } else if (verb == "welcome") {
      welcome_ = true;
    } else if (verb == "bye") {
      over_ = true;
    } else if (verb == "refuse") {
      refusal_ = Error{fmt::format("section \"{}\": the broker refuses the plugin: {}", placement_.section,
                                   frames_.size() > 1 ? chars(frames_[1]) : "no reason given"),
                       {}};
      over_ = true;
    }  // anything else, pong included, is a sign of life and no more
    heard_ = monotonic();
    asked_ = false;
  }

  /// Asks after a third of the time that the broker may be silent, gives up at its end.
  Result<void> check_silence() {
    const Micros silent = monotonic() - heard_;
    if (!welcome_ && silent > placement_.welcome_within)
      return failure(fmt::format("{}: no answer to hello", placement_.endpoint), "is the daemon running?");
    if (silent > placement_.silence)
      return failure(fmt::format("{}: the broker has been silent for {} s", placement_.endpoint, silent / kSecond));
    if (welcome_ && !asked_ && silent > placement_.silence / 3) {
      wire_.send("ping");
      asked_ = true;
    }
    return {};
  }

  void call() {
    if (frames_.size() < kCallHead)
      return wire_.send("fault", frames_.size() > 1 ? chars(frames_[1]) : "", "call: too few frames");
    const std::string_view id = chars(frames_[1]);
    running = placement_.section.c_str();
    const auto given = dispatch(chars(frames_[2]), number<Micros>(chars(frames_[3])));
    running = nullptr;
    if (!given) return wire_.send("fault", id, given.error().what);
    const Items& items = **given;
    wire_.frame("done", true);
    wire_.frame(id, true);
    wire_.frame(items.stop ? "1" : "0", items.size() != 0);
    for (std::size_t i = 0; i < items.size(); ++i) wire_.frame(items[i], i + 1 < items.size());
  }

  Instance::Given dispatch(std::string_view function, std::optional<Micros> now) {
    struct Function {
      std::string_view name;
      Kind kind;
      std::size_t arguments;
    };
    static constexpr Function kFunctions[] = {{"decode", Kind::platform, 2},
                                              {"encode", Kind::platform, 1},
                                              {"interpret", Kind::platform, 4},
                                              {"handle", Kind::handler, 4}};
    const auto* known = std::ranges::find(kFunctions, function, &Function::name);
    if (known == std::end(kFunctions) || known->kind != instance_.library().descriptor().kind)
      return failure(
          fmt::format("call: a {} has no function \"{}\"", name_of(instance_.library().descriptor().kind), function));
    const std::size_t found = frames_.size() - kCallHead;
    if (found != known->arguments || !now)
      return failure(
          fmt::format("{}: expected the time and {} arguments, found {}", function, known->arguments, found));

    const auto argument = [&](std::size_t index) { return chars(frames_[kCallHead + index]); };
    if (function == "decode") return instance_.decode(argument(0), argument(1), *now);
    if (function == "encode") return instance_.encode(argument(0), *now);
    if (function == "handle") return instance_.handle(argument(0), argument(1), argument(2), argument(3), *now);
    const auto status = number<std::uint32_t>(argument(1));
    if (!status) return failure("interpret: expected a status, found no number");
    return instance_.interpret(argument(0), *status, argument(2), argument(3), *now);
  }

  Wire& wire_;
  Instance& instance_;
  const Placement& placement_;
  std::vector<zmq::message_t> frames_;  // of the message at hand; reused
  bool welcome_ = false, over_ = false, asked_ = false;
  std::optional<Error> refusal_;
  Micros heard_ = 0;  // monotonic
};

}  // namespace

const char* running_section() noexcept {
  return running;
}

Result<void> run(zmq::context_t& context, const Placement& placement, const std::atomic<bool>& stop) {
  LogLines lines;
  const auto library = Library::load(placement.library);
  if (!library) return tl::unexpected(library.error());
  running = placement.section.c_str();
  auto instance = Instance::create(*library, placement.config,
                                   [&lines](std::int32_t level, std::string_view text) { lines.add(level, text); });
  running = nullptr;
  if (!instance) return tl::unexpected(instance.error());
  try {
    Wire wire(context, placement.endpoint);
    Runner runner(wire, *instance, placement);
    runner.hello();
    lines.open(wire);
    auto ended = runner.serve(stop);
    lines.close();  // destroy may still log, and the wire is about to go
    return ended;
  } catch (const std::exception& error) {  // of ZeroMQ: a wrong endpoint, a terminated context, a full pipe
    lines.close();
    return failure(fmt::format("{}: {}", placement.endpoint, error.what()));
  }
}

}  // namespace postern::host
