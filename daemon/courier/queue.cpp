// SPDX-License-Identifier: Apache-2.0
#include "courier/queue.hpp"

#include <algorithm>

namespace postern::courier {

void Queue::put(Errand&& errand, Micros now, Micros limit) {
  key_ = errand.external ? "external" : errand.base_url;
  if (errand.request.timeout_s > 0) key_ += " poll";
  auto& host = hosts_[key_];
  if (!host) host = std::make_unique<Host>();
  host->waiting.push_back({std::move(errand), now + limit / 2, now + limit});
  list(*host);
}

std::optional<Queue::Next> Queue::next(Micros now, std::size_t host_limit) {
  while (!ready_.empty()) {
    Host& host = *ready_.front();
    ready_.pop_front();
    host.listed = false;
    // Who is passed over here is listed again by put() or finished(), or taken by late().
    if (host.waiting.empty() || host.running >= host_limit || host.waiting.front().start_by < now) continue;
    Next next{std::move(host.waiting.front().errand), host.waiting.front().end_by, &host};
    host.waiting.pop_front();
    ++host.running;
    list(host);
    return next;
  }
  return {};
}

void Queue::finished(Host* host) {
  --host->running;
  list(*host);
}

std::vector<Errand> Queue::late(Micros now) {
  std::vector<Errand> out;
  for (auto it = hosts_.begin(); it != hosts_.end();) {
    Host& host = *it->second;
    const auto take = [&](Host::Waiting& one) {
      if (one.start_by >= now) return false;
      out.push_back(std::move(one.errand));
      return true;
    };
    host.waiting.erase(std::remove_if(host.waiting.begin(), host.waiting.end(), take), host.waiting.end());
    list(host);
    const bool gone = host.waiting.empty() && host.running == 0 && !host.listed;
    it = gone ? hosts_.erase(it) : std::next(it);
  }
  return out;
}

std::vector<Errand> Queue::clear() {
  std::vector<Errand> out;
  for (auto& [key, host] : hosts_) {
    for (auto& one : host->waiting) out.push_back(std::move(one.errand));
    host->waiting.clear();
  }
  return out;
}

void Queue::list(Host& host) {
  if (host.listed || host.waiting.empty()) return;
  host.listed = true;
  ready_.push_back(&host);
}

}  // namespace postern::courier
