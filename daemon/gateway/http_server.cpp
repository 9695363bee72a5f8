// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_server.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "base/log.hpp"
#include "gateway/http_codec.hpp"

namespace postern::gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;  // the concrete one: any_io_executor costs a count per handler
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Deadlines are counted in ticks, so that a request arms no timer and reads no clock.
using Tick = std::uint64_t;
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr Tick ticks_of(Micros time) {
  return static_cast<Tick>(std::max<Micros>(1, time / (250 * kMilli)));
}
constexpr Tick kTicksPerMinute = 240;

constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr Micros kLinger = 2 * kSecond;
constexpr std::size_t kLingerBytes = 8 * 1024 * 1024;
constexpr std::string_view kAccepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

struct HttpLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  Timer timer{context};
  std::atomic<Tick> ticks{0};
  std::vector<HttpServer::Impl*> servers;
  std::thread thread;

  void tick();
};

class HttpServer::Impl {
 public:
  Impl(HttpLoop::Impl& loop, HttpHandler& handler, const Limits& limits, Counters& counters);
  ~Impl();

  void listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  void respond(RequestId id, const HttpResponse& response);
  void sweep();

 private:
  class Connection;

  void accept();
  void accepted(const error_code& error, Socket socket);
  void pause_accepting(const error_code& error);
  bool make_room();
  Tick now() const { return loop_.ticks.load(std::memory_order_relaxed); }

  HttpLoop::Impl& loop_;
  HttpHandler& handler_;
  const Limits& limits_;
  Counters& counters_;
  Acceptor acceptor_;
  Timer accept_timer_;
  std::uint16_t port_ = 0;
  Tick next_accept_log_ = 0;
  std::vector<std::shared_ptr<Connection>> slots_;  // a request's id holds its connection's place here
  std::vector<std::uint16_t> free_slots_;
  std::uint64_t serial_ = 0;           // of requests
  std::array<char, 16384> discarded_;  // what a peer goes on sending after it was refused
};

/// One peer. Its handlers hold it alive; once closed it no longer touches the server.
class HttpServer::Impl::Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Impl& server, Socket socket, std::uint16_t slot)
      : server_(server), socket_(std::move(socket)), slot_(slot), codec_(server.limits_) {}

  void start();
  void respond(const HttpResponse& response);
  void run();
  void expire();
  void close();

  bool waits_for(RequestId id) const { return phase_ == Phase::waiting && id_ == id; }
  /// Nothing that was read in full is lost with this connection.
  bool can_be_cut() const { return phase_ == Phase::reading || phase_ == Phase::lingering; }
  Tick deadline() const { return deadline_; }

 private:
  enum class Phase { reading, waiting, writing, lingering, closed };

  void read();
  void received(const error_code& error, std::size_t n);
  bool judge();
  bool charge();
  void release();
  void deliver();
  void send(std::string_view bytes);
  void sent();
  void linger();
  void discard();
  void due_in(Micros time) { deadline_ = server_.now() + ticks_of(time); }

  Impl& server_;
  Socket socket_;
  const std::uint16_t slot_;
  HttpCodec codec_;
  Phase phase_ = Phase::reading;
  Tick deadline_ = 0;
  RequestId id_{};
  std::size_t requests_ = 0;
  std::size_t charged_ = 0;  // this connection's part of Counters::large_bodies
  std::size_t discarded_bytes_ = 0;
  bool judged_ = false;   // the head of the present request has been seen by the handler
  bool running_ = false;  // run() is on the stack
  bool last_ = false;     // the connection ends with this response
  std::string unsent_;
};

void HttpServer::Impl::Connection::start() {
  due_in(server_.limits_.head_time);
  read();
}

void HttpServer::Impl::Connection::read() {
  const auto space = codec_.space();
  socket_.async_read_some(
      asio::buffer(space.data(), space.size()),
      [self = shared_from_this()](const error_code& error, std::size_t n) { self->received(error, n); });
}

void HttpServer::Impl::Connection::received(const error_code& error, std::size_t n) {
  if (phase_ == Phase::closed) return;
  if (error) return close();
  if (phase_ != Phase::reading) return;
  if (!judged_ && !codec_.has_bytes() && requests_ > 0) due_in(server_.limits_.head_time);
  codec_.received(n);
  run();
}

// Serves what has been read. A response given while a request is being handled returns to this loop and not deeper.
void HttpServer::Impl::Connection::run() {
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

bool HttpServer::Impl::Connection::judge() {
  judged_ = true;
  ++requests_;
  auto& request = codec_.request();
  if (const auto response = server_.handler_.refuse(request)) {
    // The body is not read, so the next request could not be found behind it.
    if (codec_.state() != HttpCodec::State::complete) request.keep_alive = false;
    respond(*response);
    return false;
  }
  if (codec_.state() == HttpCodec::State::complete) return true;
  due_in(server_.limits_.body_time);
  if (request.version >= 11 && !codec_.has_bytes() && request.only("expect")) {
    error_code ignored;  // a peer that is gone is found out by the read that follows
    socket_.write_some(asio::buffer(kContinue), ignored);
  }
  return true;
}

// Counts the bytes of a large body as they come. False if there is no room, and the request has been refused.
bool HttpServer::Impl::Connection::charge() {
  const auto size = codec_.request().body.size();
  if (size <= server_.limits_.large_body_bytes) return true;
  auto& together = server_.counters_.large_bodies;
  add(together, static_cast<std::int64_t>(size - charged_));
  charged_ = size;
  if (together <= server_.limits_.large_bodies_bytes) return true;
  codec_.request().keep_alive = false;
  respond({.status = 503});
  return false;
}

void HttpServer::Impl::Connection::release() {
  add(server_.counters_.large_bodies, -static_cast<std::int64_t>(charged_));
  charged_ = 0;
}

void HttpServer::Impl::Connection::deliver() {
  add(server_.counters_.requests);
  id_ = RequestId{++server_.serial_ << 16 | slot_};
  phase_ = Phase::waiting;
  due_in(server_.limits_.answer_time);
  server_.handler_.handle(id_, codec_.request());
  release();
}

void HttpServer::Impl::Connection::respond(const HttpResponse& response) {
  release();
  last_ = !codec_.request().keep_alive || requests_ >= server_.limits_.requests_per_connection;
  add(server_.counters_.responses[status_index(response.status)]);
  if (response.status == 200 && response.body.empty() && !last_) return send(kAccepted);
  send(rendered(response, last_, codec_.request().method != "HEAD"));
}

void HttpServer::Impl::Connection::send(std::string_view bytes) {
  error_code error;
  const auto n = socket_.write_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) return close();
  if (n == bytes.size()) return sent();
  unsent_ = bytes.substr(n);
  phase_ = Phase::writing;
  due_in(server_.limits_.write_time);
  asio::async_write(socket_, asio::buffer(unsent_), [self = shared_from_this()](const error_code& failed, std::size_t) {
    if (self->phase_ != Phase::writing) return;
    if (failed) return self->close();
    self->sent();
    self->run();
  });
}

void HttpServer::Impl::Connection::sent() {
  if (last_) return linger();
  codec_.next();
  judged_ = false;
  phase_ = Phase::reading;
  due_in(codec_.has_bytes() ? server_.limits_.head_time : server_.limits_.idle_time);
}

// Closing a socket with bytes unread resets the connection, and the peer may lose the response. So our side is closed
// first, and what still comes is read and dropped for a while.
void HttpServer::Impl::Connection::linger() {
  phase_ = Phase::lingering;
  due_in(kLinger);
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  discard();
}

void HttpServer::Impl::Connection::discard() {
  socket_.async_read_some(asio::buffer(server_.discarded_),
                          [self = shared_from_this()](const error_code& error, std::size_t n) {
                            if (self->phase_ != Phase::lingering) return;
                            self->discarded_bytes_ += n;
                            if (error || self->discarded_bytes_ > kLingerBytes) return self->close();
                            self->discard();
                          });
}

void HttpServer::Impl::Connection::expire() {
  if (phase_ == Phase::waiting) {
    add(server_.counters_.unanswered);
    respond({.status = 503});
    return run();
  }
  if (phase_ != Phase::reading || (!judged_ && !codec_.has_bytes())) return close();
  codec_.request().keep_alive = false;
  respond({.status = 408});
}

void HttpServer::Impl::Connection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  release();
  error_code ignored;
  socket_.close(ignored);
  add(server_.counters_.open, -1);
  server_.free_slots_.push_back(slot_);
  server_.slots_[slot_].reset();
}

HttpServer::Impl::Impl(HttpLoop::Impl& loop, HttpHandler& handler, const Limits& limits, Counters& counters)
    : loop_(loop),
      handler_(handler),
      limits_(limits),
      counters_(counters),
      acceptor_(loop.context),
      accept_timer_(loop.context),
      slots_(std::min<std::size_t>(limits.connections, 65'535)) {
  for (auto slot = slots_.size(); slot > 0; --slot) free_slots_.push_back(static_cast<std::uint16_t>(slot - 1));
  loop_.servers.push_back(this);
}

HttpServer::Impl::~Impl() {
  std::erase(loop_.servers, this);
  for (auto connection : slots_) {  // a copy: closing empties the slot
    if (connection) connection->close();
  }
}

void HttpServer::Impl::listen(const std::string& host, std::uint16_t port) try {
  const tcp::endpoint endpoint(asio::ip::make_address(host), port);
  acceptor_.open(endpoint.protocol());
  acceptor_.set_option(Acceptor::reuse_address(true));
  acceptor_.bind(endpoint);
  acceptor_.listen();
  port_ = acceptor_.local_endpoint().port();
  accept();
} catch (const boost::system::system_error& error) {
  throw std::runtime_error(
      fmt::format("cannot listen on {} port {}: {} (is the address this machine's and the port "
                  "free?)",
                  host, port, error.code().message()));
}

void HttpServer::Impl::accept() {
  acceptor_.async_accept([this](const error_code& error, Socket socket) {
    if (error == asio::error::operation_aborted) return;  // the server may be gone
    accepted(error, std::move(socket));
  });
}

void HttpServer::Impl::accepted(const error_code& error, Socket socket) {
  if (error && error != asio::error::connection_aborted) return pause_accepting(error);
  if (!error) {
    add(counters_.connections);
    error_code ignored;  // a peer that is already gone is found out by its first read
    socket.non_blocking(true, ignored);
    socket.set_option(tcp::no_delay(true), ignored);
    if (make_room()) {
      const auto slot = free_slots_.back();
      free_slots_.pop_back();
      slots_[slot] = std::make_shared<Connection>(*this, std::move(socket), slot);
      add(counters_.open);
      slots_[slot]->start();
    } else {
      add(counters_.responses[status_index(503)]);
      socket.write_some(asio::buffer(rendered({.status = 503}, true)), ignored);
    }
  }
  accept();
}

// Without file descriptors accept() fails at once and would again: a pause lets others end.
void HttpServer::Impl::pause_accepting(const error_code& error) {
  add(counters_.accept_errors);
  if (now() >= next_accept_log_) {
    next_accept_log_ = now() + kTicksPerMinute;
    log::error("gateway.accept_failed", "cannot accept connections; trying again ten times a second",
               {{"reason", error.message()}, {"open", counters_.open.load(std::memory_order_relaxed)}});
  }
  accept_timer_.expires_after(kAcceptPause);
  accept_timer_.async_wait([this](const error_code& stopped) {
    if (!stopped) accept();
  });
}

// A free place, if need be that of a connection that owes us something: the one nearest to its deadline, so that who
// holds back a request goes first and who waits between two goes last. A request read in full is never cut off.
bool HttpServer::Impl::make_room() {
  if (!free_slots_.empty()) return true;
  Connection* nearest = nullptr;
  for (const auto& connection : slots_)
    if (connection->can_be_cut() && (!nearest || connection->deadline() < nearest->deadline()))
      nearest = connection.get();
  if (!nearest) return false;
  add(counters_.evicted);
  nearest->close();
  return true;
}

void HttpServer::Impl::respond(RequestId id, const HttpResponse& response) {
  const auto slot = static_cast<std::uint64_t>(id) & 0xffff;
  const auto connection = slot < slots_.size() ? slots_[slot] : nullptr;
  if (!connection || !connection->waits_for(id)) return add(counters_.late);
  connection->respond(response);
  connection->run();
}

void HttpServer::Impl::sweep() {
  for (std::size_t slot = 0; slot < slots_.size(); ++slot)
    if (const auto connection = slots_[slot]; connection && connection->deadline() <= now()) connection->expire();
}

void HttpLoop::Impl::tick() {
  ticks.fetch_add(1, std::memory_order_relaxed);
  for (auto* server : servers) server->sweep();
  timer.expires_after(kTick);
  timer.async_wait([this](const error_code& stopped) {
    if (!stopped) tick();
  });
}

HttpLoop::HttpLoop() : impl_(std::make_unique<Impl>()) {}

HttpLoop::~HttpLoop() {
  stop();
}

void HttpLoop::start() {
  impl_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "gateway");
    impl_->tick();
    impl_->context.run();
  });
}

void HttpLoop::stop() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void HttpLoop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

std::uint64_t HttpLoop::ticks() const {
  return impl_->ticks.load(std::memory_order_relaxed);
}

HttpServer::HttpServer(HttpLoop& loop, HttpHandler& handler, const Limits& limits, Counters& counters,
                       const std::string& host, std::uint16_t port)
    : impl_(std::make_unique<Impl>(loop.impl(), handler, limits, counters)) {
  impl_->listen(host, port);
}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

void HttpServer::respond(RequestId id, const HttpResponse& response) {
  impl_->respond(id, response);
}

}  // namespace postern::gateway
