// SPDX-License-Identifier: Apache-2.0
#include "core/policy/cap_book.hpp"

#include <algorithm>
#include <iterator>

namespace postern::core::policy {

Micros CapBook::next(const RateLimit& limit, std::int64_t key, std::int64_t message, Micros now) const {
  const auto found = logs_.find({limit.rule, key});
  if (found == logs_.end() || limit.count <= 0) return now;
  std::int64_t newer = 0;
  for (auto sent = found->second.sent.rbegin(); sent != found->second.sent.rend(); ++sent) {
    if (sent->at > now || (message != 0 && sent->message == message)) continue;
    if (++newer == limit.count) return std::max(now, sent->at + limit.per);
  }
  return now;
}

void CapBook::take(const RateLimit& limit, std::int64_t key, std::int64_t message, Micros now) {
  if (limit.count <= 0) return;
  Log& log = logs_[{limit.rule, key}];
  const bool shared = limit.rule == shared_.rule;  // each pack that shares the log has a limit of its own
  log.per = std::max({log.per, limit.per, shared ? shared_.per : 0});
  log.most = std::max({log.most, limit.count, shared ? shared_.count : 0});
  std::erase_if(log.sent, [&](const Sent& sent) {
    return sent.at <= now - log.per || sent.at > now || (message != 0 && sent.message == message);
  });
  if (static_cast<std::int64_t>(log.sent.size()) > log.most) log.sent.erase(log.sent.begin());
  log.sent.push_back({now, message});
  if (logs_.size() < prune_at_) return;
  prune(now);
  prune_at_ = std::max<std::size_t>(1'024, 2 * logs_.size());
}

void CapBook::merge(std::string_view rule, std::int64_t from, std::int64_t to) {
  const auto found = logs_.find({rule, from});
  if (found == logs_.end() || from == to) return;
  Log& into = logs_[{found->first.first, to}];
  std::vector<Sent> both;
  std::merge(into.sent.begin(), into.sent.end(), found->second.sent.begin(), found->second.sent.end(),
             std::back_inserter(both), [](const Sent& a, const Sent& b) { return a.at < b.at; });
  into.sent = std::move(both);
  into.per = std::max(into.per, found->second.per);
  into.most = std::max(into.most, found->second.most);
  logs_.erase(found);
}

void CapBook::prune(Micros now) {
  std::erase_if(logs_, [&](const auto& entry) { return entry.second.sent.back().at + entry.second.per <= now; });
}

void CapBook::counted(Micros now, std::map<std::pair<std::string_view, std::int64_t>, std::vector<Micros>>& out) const {
  for (const auto& [key, log] : logs_)
    for (const Sent& sent : log.sent)
      if (sent.at <= now && sent.at + log.per > now) out[key].push_back(sent.at);
}

}  // namespace postern::core::policy
