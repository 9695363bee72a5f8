// SPDX-License-Identifier: Apache-2.0
#include "core/seen.hpp"

#include <algorithm>

namespace postern::core {

Digest Seen::digest(std::string_view account, std::string_view key) const {
  static constexpr std::uint8_t kZero = 0;
  const Hash hash = hmac_({view(account), ByteView(&kZero, 1), view("event"), ByteView(&kZero, 1), view(key)});
  Digest digest{first_int64(hash), first_int64(ByteView(hash).subspan(8))};
  if (digest.rest == 0) digest.rest = 1;  // zero marks an entry whose rest is not known
  return digest;
}

Seen::Answer Seen::ask(const Digest& digest, Micros sent_at) const {
  if (const auto at = rest_of_.find(digest.look); at != rest_of_.end()) {
    if (at->second == digest.rest) return Answer::known;
    if (at->second == 0) return Answer::maybe_on_disk;
  }
  return sent_at <= before_ && before_ > 0 ? Answer::maybe_on_disk : Answer::fresh;
}

void Seen::remember(const Digest& digest, Micros sent_at) {
  const auto [at, fresh] = rest_of_.insert_or_assign(digest.look, digest.rest);
  if (!fresh) return;
  oldest_first_.push_back({sent_at, digest.look});
  std::push_heap(oldest_first_.begin(), oldest_first_.end(), std::greater<>());
  while (rest_of_.size() > capacity_) {
    std::pop_heap(oldest_first_.begin(), oldest_first_.end(), std::greater<>());
    before_ = std::max(before_, std::max<Micros>(oldest_first_.back().sent_at, 1));
    rest_of_.erase(oldest_first_.back().look);
    oldest_first_.pop_back();
  }
}

void Seen::restore(const std::vector<SeenRow>& rows, Micros before) {
  before_ = before;
  for (const auto& row : rows) {
    if (!rest_of_.emplace(row.look, 0).second) continue;
    oldest_first_.push_back({row.sent_at, row.look});
  }
  std::make_heap(oldest_first_.begin(), oldest_first_.end(), std::greater<>());
}

}  // namespace postern::core
