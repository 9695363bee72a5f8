// SPDX-License-Identifier: Apache-2.0
// The platform that gives tokens: for a refresh token, once. One that is shown again is theft to it, and the end of the
// login; so the core must never have it shown again, whatever it was that ended in between.
#pragma once
#include <optional>
#include <string>

#include "core/action.hpp"
#include "invariant.hpp"
#include "world.hpp"

namespace postern::simulation {

class Issuer {
 public:
  static constexpr std::string_view kName = "refresh_token";

  explicit Issuer(World& world) : world_(world) {}

  /// A person logs in again; gives the number of the login, which is the seed of its account's settings.
  std::uint8_t log_in() {
    valid_ = configured_ = "login " + std::to_string(++logins_);
    return logins_;
  }

  /// The request has come, made with what is durable. Its answer, unless it is lost on the way.
  std::optional<core::Refreshed> answer(const core::Refresh& asked) {
    const auto& row = world_.disk.tokens().at(asked.account);
    const std::string shown(row.tokens ? row.tokens->find(kName)->second.reveal() : std::string_view(configured_));
    core::Refreshed answer;
    answer.account = asked.account;
    answer.asked = asked.asked;
    answer.outcome = core::Refreshed::Outcome::later;
    if (world_.fault(100)) return answer;  // it has not come there
    if (shown != valid_) throw Violation("tokens", "\"" + shown + "\" was shown a second time");
    ++world_.coverage.refreshes;
    valid_ = "token " + std::to_string(++issued_);
    if (world_.fault(60)) return std::nullopt;
    answer.outcome = world_.fault(50) ? core::Refreshed::Outcome::unclear : core::Refreshed::Outcome::granted;
    answer.tokens = std::make_shared<Tokens>(Tokens{{std::string(kName), Secret(valid_)}});
    answer.lasts = world_.dice.between(1, 20) * kMinute;
    return answer;
  }

 private:
  World& world_;
  std::string valid_, configured_;
  std::uint8_t logins_ = 0;
  int issued_ = 0;
};

}  // namespace postern::simulation
