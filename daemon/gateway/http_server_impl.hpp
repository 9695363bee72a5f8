// SPDX-License-Identifier: Apache-2.0
// The inside of a server: its listener and its connections. Included by the sources of server and loop alone.
#pragma once
#include <boost/asio/basic_socket_acceptor.hpp>
#include <string>

#include "gateway/http_connection.hpp"

namespace postern::gateway {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// A listener on the loop's thread, and the places of its connections.
class HttpServer::Impl {
 public:
  Impl(HttpLoop::Impl& loop, HttpHandler& handler, const Limits& limits, Counters& counters);
  ~Impl();
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void listen(const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return port_; }
  void respond(RequestId id, const HttpResponse& response);
  void sweep();

 private:
  void accept();
  void accepted(const error_code& error, Socket socket);
  void pause_accepting(const error_code& error);
  bool make_room();

  HttpSite site_;
  Acceptor acceptor_;
  Timer accept_timer_;
  std::uint16_t port_ = 0;
  Tick next_accept_log_ = 0;
};

}  // namespace postern::gateway
