// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over TCP for the gateway and the admin pages: connections, deadlines, budgets. Boost.Asio stays behind this
// header. Everything runs on the loop's one thread unless said otherwise.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/counters.hpp"
#include "gateway/http_message.hpp"
#include "gateway/limits.hpp"

namespace postern::gateway {

/// One request that waits for its answer. Never used twice within a process.
enum class RequestId : std::uint64_t {};

/// What a server does with requests. Called on the loop's thread; must not block or throw.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// The head is there, the body is not: a response refuses the request and ends the connection.
  virtual std::optional<HttpResponse> refuse(const HttpRequest& head) = 0;
  /// A whole request. It is answered by HttpServer::respond with `id`, now or later.
  virtual void handle(RequestId id, HttpRequest& request) = 0;
};

/// One thread and its event loop; servers are made on it before it starts.
class HttpLoop {
 public:
  HttpLoop();
  ~HttpLoop();  ///< stops
  HttpLoop(const HttpLoop&) = delete;
  HttpLoop& operator=(const HttpLoop&) = delete;

  void start();
  /// Returns when the thread has ended. What is open then is closed without an answer, so its sender repeats it.
  void stop();
  /// Any thread: runs `work` on the loop's.
  void post(std::function<void()> work);
  /// Any thread: grows four times a second while the loop turns; what a watchdog watches.
  std::uint64_t ticks() const;

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

/// One listener and its connections. Made before its loop starts, destroyed after it has stopped.
class HttpServer {
 public:
  /// Listens at once. `host` is an address, `port` 0 takes any free one. The references must outlive the server.
  /// Throws std::runtime_error with a sentence for the person on call if it cannot listen.
  HttpServer(HttpLoop& loop, HttpHandler& handler, const Limits& limits, Counters& counters, const std::string& host,
             std::uint16_t port);
  ~HttpServer();

  /// Any thread.
  std::uint16_t port() const;
  /// The loop's thread. An `id` that is unknown, answered or forgotten is counted as late and otherwise ignored.
  void respond(RequestId id, const HttpResponse& response);

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace postern::gateway
