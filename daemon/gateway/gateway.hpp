// SPDX-License-Identifier: Apache-2.0
// HTTP in: takes webhooks, checks limits and signatures, answers handshakes, and hands on what is verified. A webhook
// is answered 200 only when the broker says so, which is after the commit.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/clock.hpp"
#include "base/mailbox.hpp"
#include "gateway/counters.hpp"
#include "gateway/endpoints.hpp"
#include "gateway/http_server.hpp"
#include "gateway/limits.hpp"
#include "gateway/verified_body.hpp"

namespace postern::gateway {

/// A verified webhook that waits for its answer.
using WebhookId = RequestId;

/// What concerns somebody who is to be forgotten: a platform's wish, or a look at what has become of one.
struct DeletionCall {
  WebhookId id;
  std::optional<DeletionWish> wish;  ///< none: a look
  Id code{};                         ///< that is looked for
};

struct Answer {
  WebhookId id;
  int status;  ///< 200: committed; 503: the platform shall come again
};

class Gateway final : private HttpHandler {
 public:
  /// Takes a webhook over, on the gateway's thread; must not block. False means there is no room: 503.
  using Accept = std::function<bool(WebhookId, VerifiedBody&&)>;
  /// The same for those who are to be forgotten.
  using AcceptDeletion = std::function<bool(DeletionCall&&)>;

  /// Listens at once and throws std::runtime_error if it cannot; serves from start() on. `counters` outlive it.
  Gateway(const std::string& host, std::uint16_t port, const Limits& limits, Endpoints endpoints, Accept accept,
          Counters& counters);
  ~Gateway() override;  ///< stops

  void start() { loop_.start(); }
  /// Returns when the gateway's thread has ended; webhooks without an answer get none.
  void stop() { loop_.stop(); }

  /// Any thread.
  std::uint16_t port() const { return server_.port(); }
  /// Any thread. An answer that comes after `Limits::answer_time` finds its webhook gone and is dropped.
  void answer(std::span<const Answer> answers);
  void answer(WebhookId id, int status) { answer(std::span<const Answer>({Answer{id, status}})); }
  /// Any thread: from now on these endpoints hold. Requests that have been read are not asked again.
  void replace(Endpoints endpoints);

  /// Before start(); without it nothing is taken at /deletion.
  void take_deletions(AcceptDeletion accept) { accept_deletion_ = std::move(accept); }
  /// Any thread: a wish is on record, under this code; `repeated`: it was before.
  void grant(WebhookId id, const DeletionWish& wish, const Id& code, bool repeated);
  /// Any thread: what has become of the wish with this code (deletion_page).
  void tell(WebhookId id, const Id& code, std::string_view state);

  /// For the admin listener, which shares the thread, and for the watchdog.
  HttpLoop& loop() { return loop_; }

 private:
  std::optional<HttpResponse> refuse(const HttpRequest& head) override;
  void handle(WebhookId id, HttpRequest& request) override;
  void shake_hands(WebhookId id, const Endpoints::Entry& entry, std::string_view query);
  void take(WebhookId id, const Endpoints::Entry& entry, HttpRequest& request);
  void deliver_answers();
  void take_deletion(WebhookId id, const Endpoints::DeletionEntry& entry, HttpRequest& request);
  void tell_deletion(WebhookId id, std::string_view query);

  const SystemClock clock_;
  const Limits limits_;
  Counters& counters_;
  const Accept accept_;
  AcceptDeletion accept_deletion_;
  std::shared_ptr<const Endpoints> endpoints_;  // the gateway thread's
  HttpLoop loop_;
  HttpServer server_;
  Mailbox<Answer> answers_;
  std::vector<Answer> drained_;
};

}  // namespace postern::gateway
