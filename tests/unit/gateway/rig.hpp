// SPDX-License-Identifier: Apache-2.0
// A gateway on loopback with two endpoints, and a broker that can be told how to behave.
#pragma once
#include <condition_variable>
#include <mutex>

#include "client.hpp"
#include "gateway/gateway.hpp"

namespace postern::gateway::test {

inline constexpr std::string_view kSecret = "meta-app-secret-1f2e3d";
inline constexpr std::string_view kBotSecret = "tg_secret-AZ09";

inline Signature meta_signature() {
  return {Signature::Scheme::hmac_sha256, "X-Hub-Signature-256", "sha256="};
}

inline std::vector<Endpoint> endpoints() {
  Endpoint messenger{.section = "messenger", .signature = meta_signature()};
  messenger.secrets.emplace_back(std::string(kSecret));
  messenger.handshake = Handshake{.match = {{"hub.mode", "subscribe"}},
                                  .token_param = "hub.verify_token",
                                  .token = Secret("postern-verify-7788"),
                                  .answer_param = "hub.challenge"};
  Endpoint telegram{.section = "telegram", .account = "acme-bot"};
  telegram.signature = {Signature::Scheme::token, "X-Telegram-Bot-Api-Secret-Token"};
  telegram.secrets.emplace_back(std::string(kBotSecret));
  return {messenger, telegram};
}

inline std::string mac(std::string_view body) {
  return "sha256=" + hex(ByteView(crypto::Hmac(view(kSecret))({view(body)})));
}

inline std::string signed_post(std::string_view body, std::string_view more_fields = {}) {
  return "POST /webhooks/messenger HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n" +
         std::string(more_fields) + "X-Hub-Signature-256: " + mac(body) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

class Rig {
 public:
  enum class Broker { answers, is_silent, is_full };

  explicit Rig(Broker broker = Broker::answers, const Limits& limits = {})
      : broker_(broker),
        gateway(
            "127.0.0.1", 0, limits, Endpoints::make(endpoints()).value(),
            [this](WebhookId id, VerifiedBody&& body) { return take(id, std::move(body)); }, counters) {
    gateway.start();
  }

  Client client() const { return Client(gateway.port()); }

  /// Waits until `count` webhooks have reached the broker since start; gives the newest.
  std::pair<WebhookId, Delivery> wait(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(8), [&] { return taken_.size() >= count; }))
      throw std::runtime_error("the webhook did not reach the broker");
    return taken_.back();
  }
  /// The ids of all webhooks after the first `count`.
  std::vector<WebhookId> ids_since(std::size_t count) {
    std::lock_guard lock(mutex_);
    std::vector<WebhookId> ids;
    for (auto at = count; at < taken_.size(); ++at) ids.push_back(taken_[at].first);
    return ids;
  }
  std::size_t taken() {
    std::lock_guard lock(mutex_);
    return taken_.size();
  }

 private:
  bool take(WebhookId id, VerifiedBody&& body) {
    if (broker_ == Broker::is_full) return false;
    {
      std::lock_guard lock(mutex_);
      taken_.emplace_back(id, body.delivery());
    }
    arrived_.notify_all();
    if (broker_ == Broker::answers) gateway.answer(id, 200);
    return true;
  }

  const Broker broker_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<WebhookId, Delivery>> taken_;

 public:
  Counters counters;
  Gateway gateway;  // last, so that its thread ends before what it uses
};

}  // namespace postern::gateway::test
