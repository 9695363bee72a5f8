// SPDX-License-Identifier: Apache-2.0
// The pages for who watches the daemon, on an address of their own: /healthz, /readyz, /metrics.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "gateway/http_server.hpp"

namespace postern::gateway {

/// Called on the loop's thread; must not block or throw.
struct AdminPages {
  std::function<std::string()> not_ready;  ///< why the daemon is not ready, one sentence; empty if it is
  std::function<std::string()> metrics;    ///< Prometheus text format 0.0.4
};

class Admin final : private HttpHandler {
 public:
  /// Listens at once and throws std::runtime_error if it cannot. Made before `loop` starts, destroyed after it stopped.
  Admin(HttpLoop& loop, const std::string& host, std::uint16_t port, AdminPages pages);

  /// Any thread.
  std::uint16_t port() const { return server_.port(); }

 private:
  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  void handle(RequestId id, HttpRequest& request) override;
  HttpResponse page(std::string_view path) const;

  const Limits limits_;
  const AdminPages pages_;
  Counters counters_;  // its own: a scrape is no webhook
  HttpServer server_;
};

}  // namespace postern::gateway
