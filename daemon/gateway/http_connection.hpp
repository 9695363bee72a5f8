// SPDX-License-Identifier: Apache-2.0
// One peer of a server: reads requests, hands them on, writes the answers, and keeps the deadlines. The loop's thread.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http_codec.hpp"
#include "gateway/http_loop.hpp"

namespace postern::gateway {

class HttpConnection;

/// What the connections of one server share. A request's id holds its connection's place in `slots`.
struct HttpSite {
  HttpLoop::Impl& loop;
  HttpHandler& handler;
  const Limits& limits;
  Counters& counters;
  std::vector<std::shared_ptr<HttpConnection>> slots;
  std::vector<std::uint16_t> free_slots;
  std::uint64_t serial = 0;             // of requests
  std::array<char, 16384> discarded{};  // what a peer goes on sending after it was refused
};

/// One peer. Its handlers hold it alive; once closed it no longer touches the site.
class HttpConnection final : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(HttpSite& site, Socket socket, std::uint16_t slot)
      : site_(site), socket_(std::move(socket)), slot_(slot), codec_(site.limits) {}

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
  void due_in(Micros time) { deadline_ = site_.loop.now() + ticks_of(time); }

  HttpSite& site_;
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

}  // namespace postern::gateway
