// SPDX-License-Identifier: Apache-2.0
#include "client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

#include "control/request.hpp"
#include "failure.hpp"
#include "fields.hpp"

namespace postern::ctl {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLargestAnswer = 64 << 20;

// Asks the kernel whether somebody listens: ZeroMQ would connect in the background, for ever and without a word.
void must_listen(const fs::path& path) {
  static constexpr char kCheck[] =
      "is posternd running (systemctl status postern)? Does it use another runtime_dir? Then say --socket DIR, "
      "--config FILE or POSTERN_RUNTIME_DIR";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.native().size() >= sizeof address.sun_path)
    throw Failure(kUsage, fmt::format("the path of the socket is too long: {}", path.string()),
                  "use a runtime_dir with a short path: 107 bytes at most, with the socket's name");
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int error = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  if (error == 0 || error == EAGAIN) return;
  if (error == EACCES || error == EPERM)
    throw Failure(kPermission, fmt::format("may not open {}", path.string()),
                  "be the daemon's user or a member of its group");
  const char* why = error == ENOENT         ? "there is no such socket"
                    : error == ECONNREFUSED ? "nobody listens there any more"
                                            : std::strerror(error);
  throw Failure(kUnavailable, fmt::format("cannot reach the daemon at {}: {}", path.string(), why), kCheck);
}

zmq::socket_t connected(zmq::context_t& context, zmq::socket_type type, const fs::path& path) {
  must_listen(path);
  zmq::socket_t socket(context, type);
  socket.set(zmq::sockopt::linger, 0);
  socket.set(zmq::sockopt::maxmsgsize, kLargestAnswer);
  socket.connect("ipc://" + path.string());
  return socket;
}

std::chrono::milliseconds millis(Micros duration) {
  return std::chrono::milliseconds((duration + kMilli - 1) / kMilli);
}

/// The frames of one message; none if nothing comes in time.
std::vector<std::string> receive(zmq::socket_t& socket, Micros patience) {
  zmq::pollitem_t item{socket.handle(), 0, ZMQ_POLLIN, 0};
  std::vector<std::string> frames;
  if (zmq::poll(&item, 1, millis(patience)) == 0) return frames;
  for (bool more = true; more;) {
    zmq::message_t frame;
    if (!socket.recv(frame)) break;
    frames.emplace_back(frame.data<char>(), frame.size());
    more = frame.more();
  }
  return frames;
}

int exit_code(std::int64_t code) {
  switch (code) {
    case control::kNotFound:
      return kNoInput;
    case control::kBusy:
      return kTryAgain;
    case control::kRefused:
    case control::kNotAllowed:
      return kPermission;
    case control::kNotTaken:
      return kConfig;
    case control::kNotDone:
      return kCannotCreate;
    case control::kInvalidParams:
      return kUsage;
    default:
      return kProtocol;
  }
}

/// Of what policy refuses: which document says so, and when something else will hold.
std::string whence(const json::value* refusal) {
  if (!refusal) return {};
  std::string out(text(*refusal, "says"));
  if (const auto source = text(*refusal, "source"); !source.empty()) out.append(" (").append(source).append(")");
  if (const auto at = text(*refusal, "changes_at"); !at.empty()) out.append("; this changes at ").append(at);
  return out;
}

}  // namespace

Client::Client(const fs::path& runtime_dir)
    : socket_(connected(context_, zmq::socket_type::dealer, runtime_dir / "control")) {}

json::value Client::call(std::string_view method, const json::object& params, Micros patience) {
  json::object request{{"jsonrpc", "2.0"}, {"id", ++id_}, {"method", method}, {"params", params}};
  const std::string text_of_answer = exchange(json::serialize(request), method, patience);
  json::error_code code;
  json::value answer = json::parse(text_of_answer, code);
  if (code || !answer.is_object() || number(answer, "id") != id_)
    throw Failure(kProtocol, fmt::format("the daemon's answer to {} is no JSON-RPC 2.0", method),
                  "is it posternd that listens there?");
  if (const auto* error = find(answer, "error")) {
    const auto number_of_error = number(*error, "code");
    const bool unknown = number_of_error == control::kNoMethod;
    throw Failure(exit_code(number_of_error), std::string(text(*error, "message")),
                  unknown ? "the daemon is of another version than this posternctl (" POSTERN_VERSION ")"
                          : whence(find(*error, "data")));
  }
  const auto* result = find(answer, "result");
  if (!result) throw Failure(kProtocol, fmt::format("the daemon's answer to {} has no result", method));
  return *result;
}

std::string Client::exchange(const std::string& request, std::string_view method, Micros patience) {
  // An empty frame first: then a REQ socket would look the same to the daemon.
  socket_.send(zmq::message_t(), zmq::send_flags::sndmore);
  socket_.send(zmq::buffer(request), zmq::send_flags::none);
  auto frames = receive(socket_, patience);
  if (frames.empty())
    throw Failure(kTryAgain,
                  fmt::format("no answer to {} within {:.3g} s", method, static_cast<double>(patience) / kSecond),
                  "the daemon is busy or hangs: see its log (journalctl -u postern), or wait longer with --timeout");
  return std::move(frames.back());
}

Feed::Feed(const fs::path& runtime_dir, const std::vector<std::string>& topics)
    : socket_(connected(context_, zmq::socket_type::sub, runtime_dir / "events")) {
  for (const auto& topic : topics) socket_.set(zmq::sockopt::subscribe, topic);
  if (topics.empty()) socket_.set(zmq::sockopt::subscribe, "");
}

std::optional<Feed::Item> Feed::next(Micros patience) {
  auto frames = receive(socket_, patience);
  if (frames.size() != 3) return std::nullopt;
  Item item{std::move(frames[0]), 0, std::move(frames[2])};
  std::from_chars(frames[1].data(), frames[1].data() + frames[1].size(), item.number);
  return item;
}

}  // namespace postern::ctl
