// SPDX-License-Identifier: Apache-2.0
#include "ledger/keyring.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace postern::ledger {

std::optional<crypto::Key> Keyring::find(const Id& subject, int month) {
  const Name name{subject, month};
  std::lock_guard lock(mutex_);
  if (const auto at = young_.find(name); at != young_.end()) return at->second;
  auto node = old_.extract(name);
  if (!node) return std::nullopt;
  const auto key = node.mapped();
  young_.insert(std::move(node));
  return key;
}

void Keyring::remember(const Id& subject, int month, const crypto::Key& key) {
  std::lock_guard lock(mutex_);
  if (forgotten_.contains(subject)) return;
  if (young_.size() >= capacity_) {
    for (auto& entry : old_) OPENSSL_cleanse(entry.second.data(), entry.second.size());
    old_ = std::exchange(young_, {});
  }
  young_.insert_or_assign({subject, month}, key);
}

void Keyring::forget(const Id& subject, int month) {
  std::lock_guard lock(mutex_);
  for (auto* keys : {&young_, &old_}) {
    const auto at = keys->find({subject, month});
    if (at == keys->end()) continue;
    OPENSSL_cleanse(at->second.data(), at->second.size());
    keys->erase(at);
  }
}

bool Keyring::is_forgotten(const Id& subject) {
  std::lock_guard lock(mutex_);
  return forgotten_.contains(subject);
}

void Keyring::forget(const Id& subject) {
  std::lock_guard lock(mutex_);
  forgotten_.insert(subject);
  for (auto* keys : {&young_, &old_}) {
    for (auto at = keys->begin(); at != keys->end();) {
      if (at->first.subject != subject) {
        ++at;
        continue;
      }
      OPENSSL_cleanse(at->second.data(), at->second.size());
      at = keys->erase(at);
    }
  }
}

}  // namespace postern::ledger
