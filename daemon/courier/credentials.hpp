// SPDX-License-Identifier: Apache-2.0
// What accounts show to their platforms. Filled, then shared as a snapshot that nobody changes.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/secret.hpp"

namespace postern::courier {

class Credentials {
 public:
  /// A configured one; replaces one of that name.
  void put(const std::string& account, std::string name, Secret value) {
    accounts_[account].configured.insert_or_assign(std::move(name), std::move(value));
  }
  /// The account's configured ones as a whole, by a digest; what was issued holds until it changes.
  void set_seed(const std::string& account, const Hash& seed) { accounts_[account].seed = seed; }

  /// What the platform has issued in their place. Nothing, if other ones than `seed` are configured now.
  void issue(std::string_view account, const Hash& seed, std::shared_ptr<const Tokens> tokens) {
    const auto found = accounts_.find(account);
    if (found != accounts_.end() && found->second.seed == seed) found->second.issued = std::move(tokens);
  }
  /// What was issued in an older snapshot and still holds in this one.
  void inherit(const Credentials& older) {
    for (const auto& [name, account] : older.accounts_)
      if (account.issued) issue(name, account.seed, account.issued);
  }

  /// nullptr if the account has none of that name. Lives as long as the snapshot.
  const Secret* find(std::string_view account, std::string_view name) const {
    const auto named = accounts_.find(account);
    if (named == accounts_.end()) return nullptr;
    const Tokens* const both[] = {named->second.issued.get(), &named->second.configured};
    for (const Tokens* tokens : both)
      if (tokens)
        if (const auto found = tokens->find(name); found != tokens->end()) return &found->second;
    return nullptr;
  }

 private:
  struct Account {
    Tokens configured;
    Hash seed{};
    std::shared_ptr<const Tokens> issued;  // null: nothing
  };
  std::map<std::string, Account, std::less<>> accounts_;
};

}  // namespace postern::courier
