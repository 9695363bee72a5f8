// SPDX-License-Identifier: Apache-2.0
// What accounts show to their platforms. Filled, then shared as a snapshot that nobody changes.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace postern::courier {

class Credentials {
 public:
  /// Replaces one of that name.
  void put(std::string account, std::string name, Secret value) {
    accounts_[std::move(account)].insert_or_assign(std::move(name), std::move(value));
  }

  /// nullptr if the account has none of that name. Lives as long as the snapshot.
  const Secret* find(std::string_view account, std::string_view name) const {
    const auto named = accounts_.find(account);
    if (named == accounts_.end()) return nullptr;
    const auto found = named->second.find(name);
    return found == named->second.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string, std::map<std::string, Secret, std::less<>>, std::less<>> accounts_;
};

}  // namespace postern::courier
