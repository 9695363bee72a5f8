// SPDX-License-Identifier: Apache-2.0
#include "core/settings.hpp"

#include <algorithm>

namespace postern::core {
namespace {

/// `*` stands for any text, also an empty one; nothing else is special.
bool matches(std::string_view pattern, std::string_view text) {
  std::size_t p = 0, t = 0, star = std::string_view::npos, from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++from;  // the star takes one character more
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

const AccountSettings* Settings::account(std::string_view section, std::string_view name,
                                         std::string_view account_key) const {
  for (const AccountSettings& account : accounts)
    if (account.section == section && (name.empty() ? account.account_key == account_key : account.name == name))
      return &account;
  return nullptr;
}

const AccountSettings* Settings::account(std::string_view name) const {
  const auto found = std::find_if(accounts.begin(), accounts.end(),
                                  [&](const AccountSettings& account) { return account.name == name; });
  return found == accounts.end() ? nullptr : &*found;
}

const RouteSettings* Settings::route(std::string_view account, Kind kind) const {
  const std::uint64_t bit = std::uint64_t{1} << static_cast<unsigned>(kind);
  for (const RouteSettings& route : routes)
    if ((route.kinds & bit) != 0 && std::any_of(route.accounts.begin(), route.accounts.end(),
                                                [&](const std::string& pattern) { return matches(pattern, account); }))
      return &route;
  return nullptr;
}

const RetentionRule* Settings::retained(std::string_view retention, std::string_view platform,
                                        std::string_view account) const {
  for (const RetentionRule& rule : this->retention)
    if (matches(rule.retention, retention) && matches(rule.platform, platform) && matches(rule.account, account))
      return &rule;
  return nullptr;
}

Micros Settings::rates_look_back(Micros most) const {
  Micros longest = 0;
  for (const AccountSettings& account : accounts)
    if (account.pack) longest = std::max(longest, account.pack->rates_look_back(most));
  return longest;
}

policy::RateLimit Settings::promotions() const {
  policy::RateLimit most;
  for (const AccountSettings& account : accounts) {
    const policy::RateLimit limit = account.pack ? account.pack->promotions() : policy::RateLimit();
    if (limit.count == 0) continue;
    most = {limit.rule, std::max(most.count, limit.count), std::max(most.per, limit.per)};
  }
  return most;
}

}  // namespace postern::core
