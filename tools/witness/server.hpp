// SPDX-License-Identifier: Apache-2.0
// The desk behind an HTTP/1.1 listener: the gateway's, with its limits and deadlines.
#pragma once
#include "desk.hpp"
#include "gateway/http_server.hpp"

namespace postern::witness {

class Server final : private gateway::HttpHandler {
 public:
  /// Listens at once; throws std::runtime_error if it cannot. Made before `loop` starts, destroyed after it stopped.
  Server(gateway::HttpLoop& loop, Desk desk, const std::string& host, std::uint16_t port);
  std::uint16_t port() const { return server_.port(); }

 private:
  std::optional<gateway::HttpResponse> refuse(const gateway::HttpRequest& head) override;
  void handle(gateway::RequestId id, gateway::HttpRequest& request) override;

  Desk desk_;
  const gateway::Limits limits_;
  gateway::Counters counters_;
  gateway::HttpServer server_;
};

}  // namespace postern::witness
