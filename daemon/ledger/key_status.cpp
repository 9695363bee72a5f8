// SPDX-License-Identifier: Apache-2.0
#include "ledger/key_status.hpp"

#include "ledger/check.hpp"

namespace postern::ledger {

Result<SigningEpoch> signing_epoch(View& view) {
  const auto key = current_key(view);
  if (!key) return tl::unexpected(key.error());
  const auto since = key_since(view);
  if (!since) return tl::unexpected(since.error());
  const auto number = view.meta_integer("epoch").value_or(1);
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return SigningEpoch{number, *key, *since};
}

Result<std::map<std::int64_t, std::int64_t>> wrapped_by(View& view) {
  std::map<std::int64_t, std::int64_t> counts;
  for (const auto* table : {"subject", "identity", "secret", "token"}) {
    auto count = view.keys().database().prepare("SELECT kek, count(*) FROM " + std::string(table) + " GROUP BY kek");
    for (count.query(); count.next();) counts[count.integer(0)] += count.integer(1);
  }
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return counts;
}

}  // namespace postern::ledger
