// SPDX-License-Identifier: Apache-2.0
#include "load/graph_peer.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include "load/webhook.hpp"

namespace postern::load {
namespace {

constexpr std::string_view kProfile = R"({"first_name":"Ada","last_name":"Byron","name":"Ada Byron","locale":"en_GB"})";
constexpr std::string_view kError =
    R"({"error":{"message":"An unexpected error has occurred.","type":"OAuthException","is_transient":true,"code":2}})";

/// The id in `"recipient":{"id":"…"}`; 0 if there is none.
std::uint64_t recipient(std::string_view body) {
  constexpr std::string_view kId = R"("id":")";
  const auto who = body.find(R"("recipient")");
  if (who == std::string_view::npos) return 0;
  const auto at = body.find(kId, who);
  std::uint64_t id = 0;
  if (at != std::string_view::npos) std::from_chars(body.data() + at + kId.size(), body.data() + body.size(), id);
  return id;
}

bool is_send(const HttpMessage& request) {
  const auto target = request.target();
  return request.method() == "POST" && target.substr(0, target.find('?')).ends_with("/messages");
}

}  // namespace

GraphPeer::GraphPeer(const Options& options, Poller& poller, Books& books)
    : poller_(poller),
      books_(books),
      error_every_(options.graph_error_every),
      listener_(listen_at(options.graph_port)) {
  poller_.add(listener_, EPOLLIN, *this);
}

GraphPeer::~GraphPeer() {
  close(listener_);
}

void GraphPeer::ready(std::uint32_t) {
  for (int socket = 0; (socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    auto self = std::make_shared<Connection*>(nullptr);  // the connection is made after what it tells
    auto made = std::make_unique<Connection>(
        poller_, socket,
        Connection::Events{[this, self](const HttpMessage& request) { answer(**self, request); },
                           [this, self] { ended_.push_back(*self); }});
    *self = made.get();
    connections_.emplace(*self, std::move(made));
  }
}

void GraphPeer::bury() {
  for (auto* connection : ended_) connections_.erase(connection);
  ended_.clear();
}

void GraphPeer::answer(Connection& connection, const HttpMessage& request) {
  std::string out;
  if (!is_send(request))
    append_answer(out, "200 OK", kProfile);
  else if (take_send(request.body))
    append_answer(
        out, "200 OK",
        fmt::format(R"({{"recipient_id":"{}","message_id":"m_answer-{}"}})", recipient(request.body), sends_));
  else
    append_answer(out, "500 Internal Server Error", kError);
  connection.send(out);
}

// False: this one fails, and is not delivered.
bool GraphPeer::take_send(std::string_view body) {
  ++sends_;
  if (error_every_ != 0 && sends_ % error_every_ == 0) return false;
  books_.answered(marked_message(body).value_or(-1), recipient(body));
  return true;
}

}  // namespace postern::load
