// SPDX-License-Identifier: Apache-2.0
#include "core/policy/rate_book.hpp"

#include <algorithm>

namespace postern::core::policy {

Micros RateBook::next(const RateLimit& limit, std::int64_t key, Micros now) const {
  const auto found = logs_.find({limit.rule, key});
  if (found == logs_.end() || limit.count <= 0) return now;
  const std::deque<Micros>& sent = found->second.sent;
  const auto newest = std::upper_bound(sent.begin(), sent.end(), now);
  if (newest - sent.begin() < limit.count) return now;
  return std::max(now, *(newest - limit.count) + limit.per);
}

void RateBook::take(const RateLimit& limit, std::int64_t key, Micros now) {
  if (limit.count <= 0) return;
  Log& log = logs_[{limit.rule, key}];
  log.per = std::max(log.per, limit.per);  // packs may share a log, each with a limit of its own
  while (!log.sent.empty() && log.sent.front() <= now - log.per) log.sent.pop_front();
  while (!log.sent.empty() && log.sent.back() > now) log.sent.pop_back();
  log.sent.push_back(now);
  if (logs_.size() < prune_at_) return;
  prune(now);
  prune_at_ = std::max<std::size_t>(1'024, 2 * logs_.size());
}

void RateBook::prune(Micros now) {
  std::erase_if(logs_, [&](const auto& entry) { return entry.second.sent.back() + entry.second.per <= now; });
}

std::map<std::pair<std::string_view, std::int64_t>, std::vector<Micros>> RateBook::counted(Micros now) const {
  std::map<std::pair<std::string_view, std::int64_t>, std::vector<Micros>> out;
  for (const auto& [key, log] : logs_)
    for (const Micros sent : log.sent)
      if (sent <= now && sent + log.per > now) out[key].push_back(sent);
  caps.counted(now, out);
  return out;
}

}  // namespace postern::core::policy
