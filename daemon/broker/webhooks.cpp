// SPDX-License-Identifier: Apache-2.0
#include "broker/webhooks.hpp"

#include <algorithm>

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::broker {
namespace {

constexpr int kTries = 3;
constexpr std::size_t kCrashesKept = 1000;

bool has_to_wait(const core::Event& event) {
  return event.kind != core::Kind::echo && event.kind != core::Kind::receipt && event.kind != core::Kind::typing;
}

// Names what its platform gives no name to: by the body that it came in, which is repeated as it was, and its place
// there.
std::string key_of(const core::Text& body, std::size_t place) {
  return "body:" + hex(crypto::sha256(view(*body))) + ":" + std::to_string(place);
}

// An event, with such a key. The loader finds it there; of members of one name the last one counts.
std::string with_key(std::string event, const core::Text& body, std::size_t place) {
  event.insert(event.rfind('}'), ",\"key\":\"" + key_of(body, place) + '"');
  return event;
}

std::string meta_of(const gateway::Delivery& delivery) {
  std::string out;
  core::JsonObject object(out);
  object.add("method", delivery.method).add("path", delivery.path);
  for (const auto* fields : {&delivery.query, &delivery.headers}) {
    std::string inner;
    core::JsonObject map(inner);
    for (const auto& [name, value] : *fields) {
      std::string key;
      core::append_json(key, name);
      map.add(std::string_view(key).substr(1, key.size() - 2), value);
    }
    map.end();
    object.raw(fields == &delivery.query ? "query" : "headers", inner);
  }
  if (delivery.account) object.add("account", *delivery.account);
  object.end();
  return out;
}

}  // namespace

void Webhooks::take(Webhook&& webhook) {
  const gateway::Delivery& delivery = webhook.body.delivery();
  const std::uint64_t index = next_++;
  Open& open = open_[index];
  open.webhook = static_cast<std::uint64_t>(webhook.id);
  open.section = core::intern(delivery.section);  // sections and accounts are the configuration's, so they are few
  if (delivery.account) open.account = core::intern(*delivery.account);
  open.meta = meta_of(delivery);
  open.body = std::make_shared<const std::string>(std::move(webhook.body).take_body());
  ask(index, open);
}

void Webhooks::ask(std::uint64_t index, const Open& open) {
  hosts_.call("platform." + std::string(open.section),
              {number(Owner::webhook, index), bus::Function::decode, {open.body, open.meta}});
}

void Webhooks::decoded(std::uint64_t index, bus::Done&& done) {
  const auto at = open_.find(index);
  if (at == open_.end()) return;
  if (done.how == bus::Done::How::crashed) {
    Open open = std::move(at->second);
    open_.erase(at);
    // The platform repeats it, and the third crash is the last.
    if (crashes(open.body) < kTries) return answer_(open.webhook, 503);
    return give_up(std::move(open), "decode crashed three times: " + done.text);
  }
  std::string fault = std::move(done.text);
  core::Arrived arrived{at->second.webhook, at->second.section, at->second.account, {}, {}};
  if (done.how == bus::Done::How::answered) {
    arrived.events.reserve(done.items.size());
    for (const auto& item : done.items) {
      auto event = core::parse_event(std::string(item.data<char>(), item.size()));
      if (event && event->key.empty())
        event = core::parse_event(with_key(*event->text, at->second.body, arrived.events.size()));
      if (!event) {
        fault = event.error().what;
        break;
      }
      arrived.events.push_back(std::move(*event));
    }
    if (fault.empty()) {
      open_.erase(at);
      // Echoes and receipts are taken all the same: what waits may be waiting for them.
      if (full_() && std::any_of(arrived.events.begin(), arrived.events.end(), has_to_wait))
        return answer_(arrived.webhook, 503);
      return decide_(std::move(arrived));
    }
  }
  log::warning("plugin.fault", "decode: " + fault, {{"section", at->second.section}});
  if (++at->second.tries <= kTries) return ask(index, at->second);
  Open open = std::move(at->second);
  open_.erase(at);
  give_up(std::move(open), "decode failed three times: " + fault);
}

void Webhooks::give_up(Open&& open, std::string reason) {
  decide_(core::Undecodable{open.webhook, open.section, open.account, std::move(open.body), std::move(reason)});
}

int Webhooks::crashes(const core::Text& body) {
  const std::int64_t digest = first_int64(crypto::sha256(view(*body)));
  const auto [at, fresh] = crashes_.try_emplace(digest, 0);
  if (fresh) {
    crashes_order_.push_back(digest);
    if (crashes_order_.size() > kCrashesKept) {
      crashes_.erase(crashes_order_.front());
      crashes_order_.pop_front();
    }
  }
  return ++at->second;
}

}  // namespace postern::broker
