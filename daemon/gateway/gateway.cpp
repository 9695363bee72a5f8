// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.hpp"

#include "gateway/target.hpp"

namespace postern::gateway {
namespace {

// Each open connection waits for one answer at most; what is beyond that is late, and may be lost like late ones.
constexpr std::size_t kAnswers = 65'536;

Pairs kept(const HttpRequest& request, const std::vector<std::string>& names) {
  Pairs headers;
  for (const auto& name : names)
    if (const auto value = request.only(name)) headers.emplace_back(name, *value);
  return headers;
}

}  // namespace

Gateway::Gateway(const std::string& host, std::uint16_t port, const Limits& limits, Endpoints endpoints, Accept accept,
                 Counters& counters)
    : limits_(limits),
      counters_(counters),
      accept_(std::move(accept)),
      endpoints_(std::make_shared<const Endpoints>(std::move(endpoints))),
      server_(loop_, *this, limits_, counters_, host, port),
      answers_(kAnswers, [this] { loop_.post([this] { deliver_answers(); }); }) {}

Gateway::~Gateway() {
  stop();
}

void Gateway::answer(std::span<const Answer> answers) {
  for (auto one : answers)
    if (!answers_.put(std::move(one))) return;  // these webhooks get their 503 by the clock
}

void Gateway::deliver_answers() {
  if (!answers_.drain(drained_)) return;
  for (const auto& [id, status] : drained_) server_.respond(id, {.status = status});
}

void Gateway::replace(Endpoints endpoints) {
  loop_.post([this, fresh = std::make_shared<const Endpoints>(std::move(endpoints))]() mutable {
    endpoints_ = std::move(fresh);
  });
}

std::optional<HttpResponse> Gateway::refuse(const HttpRequest& head) {
  if (accept_deletion_ && endpoints_->find_deletion(Target(head.target).path))
    return head.method == "POST" || head.method == "GET"
               ? std::nullopt
               : std::optional(HttpResponse{.status = 405, .allow = "GET, POST"});
  const auto* entry = endpoints_->find(Target(head.target).path);
  if (!entry) return HttpResponse{.status = 404};
  const auto& handshake = entry->endpoint.handshake;
  if (head.method == "POST" || (handshake && head.method == handshake->method)) return std::nullopt;
  return HttpResponse{.status = 405, .allow = handshake ? "GET, POST" : "POST"};
}

void Gateway::handle(WebhookId id, HttpRequest& request) {
  const Target target(request.target);
  if (const auto* deletion = endpoints_->find_deletion(target.path); deletion && accept_deletion_)
    return request.method == "POST" ? take_deletion(id, *deletion, request) : tell_deletion(id, target.query);
  const auto* entry = endpoints_->find(target.path);
  if (!entry) return server_.respond(id, {.status = 404});  // it was replaced while the body came
  if (request.method == "POST") return take(id, *entry, request);
  shake_hands(id, *entry, target.query);
}

void Gateway::shake_hands(WebhookId id, const Endpoints::Entry& entry, std::string_view query) {
  const auto pairs = parse_query(query);
  if (!pairs) return server_.respond(id, {.status = 400});
  const auto& handshake = entry.endpoint.handshake;
  auto body = handshake ? gateway::answer(*handshake, *pairs) : std::nullopt;
  if (!body) return server_.respond(id, {.status = 403});
  server_.respond(id, {.body = std::move(*body), .type = handshake->answer_type()});
}

void Gateway::take(WebhookId id, const Endpoints::Entry& entry, HttpRequest& request) {
  const Target target(request.target);
  auto query = parse_query(target.query);
  if (!query) return server_.respond(id, {.status = 400});
  const auto& endpoint = entry.endpoint;
  auto verified = entry.verifier.verify(
      {.section = endpoint.section,
       .account = endpoint.account,
       .method = std::string(request.method),
       .path = std::string(target.path),
       .query = std::move(*query),
       .headers = kept(request, endpoint.kept_headers),
       .body = std::move(request.body)},
      [&](std::string_view name) { return request.only(name); }, clock_.now().wall);
  if (!verified) return server_.respond(id, {.status = 403});
  add(counters_.verified);
  if (accept_(id, std::move(*verified))) return;
  add(counters_.full);
  server_.respond(id, {.status = 503});
}

void Gateway::take_deletion(WebhookId id, const Endpoints::DeletionEntry& entry, HttpRequest& request) {
  auto page = entry.public_url.empty() ? "https://" + std::string(request.only("host").value_or("")) : entry.public_url;
  page.append(entry.path).append("?id=");
  auto wish = entry.verifier.verify(request.body, std::move(page), clock_.now().wall);
  if (wish) {
    if (!accept_deletion_({id, std::move(*wish)})) server_.respond(id, {.status = 503});
    return;
  }
  if (wish.error() == DeletionVerifier::Refused::malformed) return server_.respond(id, {.status = 400});
  const bool forged = wish.error() == DeletionVerifier::Refused::forged;
  add(forged ? counters_.wishes_forged : counters_.wishes_expired);
  server_.respond(id, {.status = 403});
}

void Gateway::tell_deletion(WebhookId id, std::string_view query) {
  const auto pairs = parse_query(query);
  const auto text = pairs ? only(*pairs, "id") : std::nullopt;
  const auto code = text ? Id::from_hex(*text) : std::nullopt;
  if (!code) return server_.respond(id, {.status = 404, .body = deletion_page("unknown", {})});
  if (!accept_deletion_({id, std::nullopt, *code})) server_.respond(id, {.status = 503});
}

void Gateway::grant(WebhookId id, const DeletionWish& wish, const Id& code, bool repeated) {
  loop_.post([this, id, repeated, body = wish.answer(code.hex())]() mutable {
    if (repeated) add(counters_.wishes_repeated);
    server_.respond(id, {.body = std::move(body), .type = "application/json"});
  });
}

void Gateway::tell(WebhookId id, const Id& code, std::string_view state) {
  loop_.post([this, id, status = state == "unknown" ? 404 : 200, page = deletion_page(state, code.hex())]() mutable {
    server_.respond(id, {.status = status, .body = std::move(page)});
  });
}

}  // namespace postern::gateway
