// SPDX-License-Identifier: Apache-2.0
#include "server.hpp"

namespace postern::witness {
namespace {

gateway::Limits limits() {
  gateway::Limits limits;
  limits.body_bytes = 16 * 1024;  // 64 hashes and a note of 16 signatures are 5 KiB
  limits.connections = 64;
  return limits;
}

}  // namespace

Server::Server(gateway::HttpLoop& loop, Desk desk, const std::string& host, std::uint16_t port)
    : desk_(std::move(desk)), limits_(limits()), server_(loop, *this, limits_, counters_, host, port) {}

std::optional<gateway::HttpResponse> Server::refuse(const gateway::HttpRequest& head) {
  if (head.method == "GET" || head.method == "POST") return std::nullopt;
  return gateway::HttpResponse{.status = 405, .allow = "GET, POST"};
}

void Server::handle(gateway::RequestId id, gateway::HttpRequest& request) {
  auto reply = request.method == "GET" ? desk_.get(request.target) : desk_.post(request.target, request.body);
  gateway::HttpResponse response{.status = reply.status, .body = std::move(reply.body)};
  if (reply.is_a_size) response.type = "text/x.tlog.size";
  server_.respond(id, response);
}

}  // namespace postern::witness
