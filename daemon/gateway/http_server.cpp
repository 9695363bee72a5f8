// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_server.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "base/log.hpp"
#include "gateway/http_server_impl.hpp"

namespace postern::gateway {
namespace {

constexpr auto kAcceptPause = std::chrono::milliseconds(100);

}  // namespace

HttpServer::Impl::Impl(HttpLoop::Impl& loop, HttpHandler& handler, const Limits& limits, Counters& counters)
    : site_{.loop = loop, .handler = handler, .limits = limits, .counters = counters, .slots = {}, .free_slots = {}},
      acceptor_(loop.context),
      accept_timer_(loop.context) {
  site_.slots.resize(std::min<std::size_t>(limits.connections, 65'535));
  for (auto slot = site_.slots.size(); slot > 0; --slot)
    site_.free_slots.push_back(static_cast<std::uint16_t>(slot - 1));
  loop.servers.push_back(this);
}

HttpServer::Impl::~Impl() {
  std::erase(site_.loop.servers, this);
  for (auto connection : site_.slots) {  // a copy: closing empties the slot
    if (connection) connection->close();
  }
}

void HttpServer::Impl::listen(const std::string& host, std::uint16_t port) try {
  const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(host), port);
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
    add(site_.counters.connections);
    error_code ignored;  // a peer that is already gone is found out by its first read
    socket.non_blocking(true, ignored);
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    if (make_room()) {
      const auto slot = site_.free_slots.back();
      site_.free_slots.pop_back();
      site_.slots[slot] = std::make_shared<HttpConnection>(site_, std::move(socket), slot);
      add(site_.counters.open);
      site_.slots[slot]->start();
    } else {
      add(site_.counters.responses[status_index(503)]);
      socket.write_some(asio::buffer(rendered({.status = 503}, true)), ignored);
    }
  }
  accept();
}

// Without file descriptors accept() fails at once and would again: a pause lets others end.
void HttpServer::Impl::pause_accepting(const error_code& error) {
  add(site_.counters.accept_errors);
  if (site_.loop.now() >= next_accept_log_) {
    next_accept_log_ = site_.loop.now() + kTicksPerMinute;
    log::error("gateway.accept_failed", "cannot accept connections; trying again ten times a second",
               {{"reason", error.message()}, {"open", site_.counters.open.load(std::memory_order_relaxed)}});
  }
  accept_timer_.expires_after(kAcceptPause);
  accept_timer_.async_wait([this](const error_code& stopped) {
    if (!stopped) accept();
  });
}

// A free place, if need be that of a connection that owes us something: the one nearest to its deadline, so that who
// holds back a request goes first and who waits between two goes last. A request read in full is never cut off.
bool HttpServer::Impl::make_room() {
  if (!site_.free_slots.empty()) return true;
  HttpConnection* nearest = nullptr;
  for (const auto& connection : site_.slots)
    if (connection->can_be_cut() && (!nearest || connection->deadline() < nearest->deadline()))
      nearest = connection.get();
  if (!nearest) return false;
  add(site_.counters.evicted);
  nearest->close();
  return true;
}

void HttpServer::Impl::respond(RequestId id, const HttpResponse& response) {
  const auto slot = static_cast<std::uint64_t>(id) & 0xffff;
  const auto connection = slot < site_.slots.size() ? site_.slots[slot] : nullptr;
  if (!connection || !connection->waits_for(id)) return add(site_.counters.late);
  connection->respond(response);
  connection->run();
}

void HttpServer::Impl::sweep() {
  for (std::size_t slot = 0; slot < site_.slots.size(); ++slot)
    if (const auto connection = site_.slots[slot]; connection && connection->deadline() <= site_.loop.now())
      connection->expire();
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
