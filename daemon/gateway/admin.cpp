// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin.hpp"

#include "gateway/target.hpp"

namespace postern::gateway {
namespace {

Limits admin_limits() {
  Limits limits;
  limits.body_bytes = 0;
  limits.connections = 32;
  return limits;
}

}  // namespace

Admin::Admin(HttpLoop& loop, const std::string& host, std::uint16_t port, AdminPages pages)
    : limits_(admin_limits()), pages_(std::move(pages)), server_(loop, *this, limits_, counters_, host, port) {}

std::optional<HttpResponse> Admin::refuse(const HttpRequest& head) {
  if (head.method == "GET") return std::nullopt;
  return HttpResponse{.status = 405, .allow = "GET"};
}

void Admin::handle(RequestId id, HttpRequest& request) {
  server_.respond(id, page(Target(request.target).path));
}

HttpResponse Admin::page(std::string_view path) const {
  if (path == "/healthz") return {.body = "ok\n"};
  if (path == "/metrics") return {.body = pages_.metrics(), .type = "text/plain; version=0.0.4; charset=utf-8"};
  if (path != "/readyz") return {.status = 404};
  auto reason = pages_.not_ready();
  if (reason.empty()) return {.body = "ready\n"};
  return {.status = 503, .body = std::move(reason) + "\n"};
}

}  // namespace postern::gateway
