// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_connection.hpp"

#include <boost/asio/write.hpp>

namespace postern::gateway {
namespace {

constexpr Micros kLinger = 2 * kSecond;
constexpr std::size_t kLingerBytes = 8 * 1024 * 1024;
constexpr std::string_view kAccepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

void HttpConnection::start() {
  due_in(site_.limits.head_time);
  read();
}

void HttpConnection::read() {
  const auto space = codec_.space();
  socket_.async_read_some(
      asio::buffer(space.data(), space.size()),
      [self = shared_from_this()](const error_code& error, std::size_t n) { self->received(error, n); });
}

void HttpConnection::received(const error_code& error, std::size_t n) {
  if (phase_ == Phase::closed) return;
  if (error) return close();
  if (phase_ != Phase::reading) return;
  if (!judged_ && !codec_.has_bytes() && requests_ > 0) due_in(site_.limits.head_time);
  codec_.received(n);
  run();
}

// Serves what has been read. A response given while a request is being handled returns to this loop and not deeper.
void HttpConnection::run() {
  if (running_) return;
  running_ = true;
  while (phase_ == Phase::reading) {
    const auto state = codec_.advance();
    if (state == HttpCodec::State::failed)
      respond({.status = codec_.fault().status, .body = std::string(codec_.fault().sentence)});
    else if (state != HttpCodec::State::head && !judged_)
      judge();
    else if (state == HttpCodec::State::complete)
      deliver();
    else if (charge())
      break;
  }
  running_ = false;
  if (phase_ == Phase::reading) read();
}

bool HttpConnection::judge() {
  judged_ = true;
  ++requests_;
  auto& request = codec_.request();
  if (const auto response = site_.handler.refuse(request)) {
    // The body is not read, so the next request could not be found behind it.
    if (codec_.state() != HttpCodec::State::complete) request.keep_alive = false;
    respond(*response);
    return false;
  }
  if (codec_.state() == HttpCodec::State::complete) return true;
  due_in(site_.limits.body_time);
  if (request.version >= 11 && !codec_.has_bytes() && request.only("expect")) {
    error_code ignored;  // a peer that is gone is found out by the read that follows
    socket_.write_some(asio::buffer(kContinue), ignored);
  }
  return true;
}

// Counts the bytes of a large body as they come. False if there is no room, and the request has been refused.
bool HttpConnection::charge() {
  const auto size = codec_.request().body.size();
  if (size <= site_.limits.large_body_bytes) return true;
  auto& together = site_.counters.large_bodies;
  add(together, static_cast<std::int64_t>(size - charged_));
  charged_ = size;
  if (together <= site_.limits.large_bodies_bytes) return true;
  codec_.request().keep_alive = false;
  respond({.status = 503});
  return false;
}

void HttpConnection::release() {
  add(site_.counters.large_bodies, -static_cast<std::int64_t>(charged_));
  charged_ = 0;
}

void HttpConnection::deliver() {
  add(site_.counters.requests);
  id_ = RequestId{++site_.serial << 16 | slot_};
  phase_ = Phase::waiting;
  due_in(site_.limits.answer_time);
  site_.handler.handle(id_, codec_.request());
  release();
}

void HttpConnection::respond(const HttpResponse& response) {
  release();
  last_ = !codec_.request().keep_alive || requests_ >= site_.limits.requests_per_connection;
  add(site_.counters.responses[status_index(response.status)]);
  if (response.status == 200 && response.body.empty() && !last_) return send(kAccepted);
  send(rendered(response, last_, codec_.request().method != "HEAD"));
}

void HttpConnection::send(std::string_view bytes) {
  error_code error;
  const auto n = socket_.write_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) return close();
  if (n == bytes.size()) return sent();
  unsent_ = bytes.substr(n);
  phase_ = Phase::writing;
  due_in(site_.limits.write_time);
  asio::async_write(socket_, asio::buffer(unsent_), [self = shared_from_this()](const error_code& failed, std::size_t) {
    if (self->phase_ != Phase::writing) return;
    if (failed) return self->close();
    self->sent();
    self->run();
  });
}

void HttpConnection::sent() {
  if (last_) return linger();
  codec_.next();
  judged_ = false;
  phase_ = Phase::reading;
  due_in(codec_.has_bytes() ? site_.limits.head_time : site_.limits.idle_time);
}

// Closing a socket with bytes unread resets the connection, and the peer may lose the response. So our side is closed
// first, and what still comes is read and dropped for a while.
void HttpConnection::linger() {
  phase_ = Phase::lingering;
  due_in(kLinger);
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  discard();
}

void HttpConnection::discard() {
  socket_.async_read_some(asio::buffer(site_.discarded),
                          [self = shared_from_this()](const error_code& error, std::size_t n) {
                            if (self->phase_ != Phase::lingering) return;
                            self->discarded_bytes_ += n;
                            if (error || self->discarded_bytes_ > kLingerBytes) return self->close();
                            self->discard();
                          });
}

void HttpConnection::expire() {
  if (phase_ == Phase::waiting) {
    add(site_.counters.unanswered);
    respond({.status = 503});
    return run();
  }
  if (phase_ != Phase::reading || (!judged_ && !codec_.has_bytes())) return close();
  codec_.request().keep_alive = false;
  respond({.status = 408});
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  release();
  error_code ignored;
  socket_.close(ignored);
  add(site_.counters.open, -1);
  site_.free_slots.push_back(slot_);
  site_.slots[slot_].reset();
}

}  // namespace postern::gateway
