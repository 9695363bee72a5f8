// SPDX-License-Identifier: Apache-2.0
#include "core/sent_book.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kKept = 20'000;

template <typename Map, typename Order>
void forget_oldest(Map& map, Order& order) {
  if (order.size() <= kKept) return;
  map.erase(order.front());
  order.pop_front();
}

}  // namespace

void SentBook::keep(const Id& part, const Sent& sent) {
  if (parts_.insert_or_assign(part, sent).second) parts_order_.push_back(part);
  forget_oldest(parts_, parts_order_);
}

const SentBook::Sent* SentBook::find(const std::optional<Id>& part) const {
  const auto at = part ? parts_.find(*part) : parts_.end();
  return at == parts_.end() ? nullptr : &at->second;
}

void SentBook::keep_name(std::int64_t name, std::int64_t sequence) {
  if (names_.emplace(name, sequence).second) names_order_.push_back(name);
  forget_oldest(names_, names_order_);
}

std::optional<std::int64_t> SentBook::sequence_of(std::int64_t name) const {
  const auto at = names_.find(name);
  return at == names_.end() ? std::nullopt : std::optional(at->second);
}

}  // namespace postern::core
