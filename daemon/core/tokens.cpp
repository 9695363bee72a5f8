// SPDX-License-Identifier: Apache-2.0
// Tokens are refreshed ahead of their end. That the platform is asked is on disk before it is asked, and what it gave
// before it is used: a refresh may spend the very token it is made with, so a life that ended in between leaves an
// account that waits for a person, and never asks again with what may be spent.
#include <algorithm>

#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

constexpr Micros kFirstRetry = kMinute, kLongestRetry = kHour;
constexpr Micros kRefusedAgain = kDay;  // a token that is not spent by asking may be too young, or the app not ready
constexpr Micros kForecast = 7 * kDay;  // how long before its end a token is announced that nobody refreshes
constexpr Micros kEachOther = 10 * kMinute;  // a token that dies younger is not refreshed: they would chase each other
constexpr Micros kStillOld = 90 * kSecond;   // the longest poll, and some
constexpr int kTriesUntilAlarm = 3;

std::string remedy(std::string_view account) {
  return "log the account in again at the platform, configure the tokens that it gives, `posternctl reload`, "
         "`posternctl account resume " +
         std::string(account) + "`";
}

}  // namespace

// At start, and with each new configuration.
void Core::Machine::watch_token(Step& step, AccountState& account) {
  const AccountSettings& settings = *account.settings;
  TokenRow& token = account.token;
  if (token.seed != settings.seed) {  // whoever has configured another one has seen to it
    account.token = TokenRow{};
    account.refresh_tries = 0;
    account.refreshed_at = 0;
    account.asking = false;
  }
  if (token.account.empty()) {
    if (!settings.refresh.possible) return;
    token.account = settings.name;
    token.seed = settings.seed;
    return plan_token(step, account, step.now.wall + settings.refresh.first_after);
  }
  token.account = settings.name;
  if (token.asked > 0 && !account.asking) {
    if (!settings.refresh.single_use || planted(Bug::asked_twice)) {
      token.asked = 0;
      return plan_token(step, account, step.now.wall);
    }
    // The row stays as it is: keys.db commits before the ledger, so a life that ended between the two would have
    // forgotten why it pauses. A person's resume ends it.
    token.trouble = "new tokens were asked for at " + rfc3339(token.asked) +
                    " and the answer was lost, so nobody knows which ones hold";
    return pause(step, account, "auth", token.trouble + ": " + remedy(settings.name));
  }
  if (token.due > 0) agenda_.add(token.due, Agenda::What::account, settings.key);
}

void Core::Machine::plan_token(Step& step, AccountState& account, Micros due) {
  account.token.due = due;
  save_token(step, account);
  if (due > 0) agenda_.add(due, Agenda::What::account, account.settings->key);
}

void Core::Machine::save_token(Step& step, AccountState& account) {
  ++figures_.account_changes;
  step.out.rows.emplace_back(account.token);
}

void Core::Machine::token_due(Step& step, std::int64_t key) {
  for (const auto& settings : settings_->accounts) {
    if (settings.key != key) continue;
    AccountState& account = accounts_.at(settings.name);
    TokenRow& token = account.token;
    if (token.due == 0 || token.due > step.now.wall) return;
    if (settings.refresh.possible) return refresh(step, account);
    token.due = 0;
    save_token(step, account);
    step.out.once.emplace_back(Alarm{"token.ends",
                                     "the account's token ends at " + rfc3339(token.ends) +
                                         " and nothing refreshes it: " + "configure a new one and `posternctl reload`",
                                     settings.name,
                                     {}});
    return;
  }
}

void Core::Machine::refresh(Step& step, AccountState& account) {
  TokenRow& token = account.token;
  const bool given_up = token.due == 0 && !token.trouble.empty();
  if (token.account.empty() || token.asked > 0 || given_up || !account.settings->refresh.possible) return;
  token.asked = step.now.wall;
  token.due = 0;
  account.asking = true;
  save_token(step, account);
  step.out.commit.emplace_back(Refresh{account.settings->name, account.settings->section, token.asked});
}

void Core::Machine::refreshed(Step& step, Refreshed&& input) {
  AccountState* const account = account_state(input.account);
  if (!account || !account->asking || account->token.asked != input.asked) return;
  const AccountSettings& settings = *account->settings;
  TokenRow& token = account->token;
  using Outcome = Refreshed::Outcome;
  if (input.outcome == Outcome::unclear && !settings.refresh.single_use) input.outcome = Outcome::later;
  account->asking = false;
  switch (input.outcome) {
    case Outcome::granted:
      return granted(step, *account, input);
    case Outcome::unclear:
      return watch_token(step, *account);  // as after a life that ended here
    case Outcome::later: {
      token.asked = 0;
      const Micros base = std::min(kFirstRetry << std::min(account->refresh_tries, 6), kLongestRetry);
      plan_token(step, *account, step.now.wall + base + step.draw.number(base / 4));
      break;
    }
    case Outcome::refused:
      token.asked = 0;
      token.trouble = "the platform gives no new token: " + input.text;
      plan_token(step, *account, settings.refresh.single_use ? 0 : step.now.wall + kRefusedAgain);
      break;
  }
  ++account->refresh_tries;
  if (input.outcome == Outcome::refused || account->refresh_tries == kTriesUntilAlarm)
    step.out.once.emplace_back(Alarm{"token.refused",
                                     "the account's token cannot be refreshed (" + input.text + ")" +
                                         (token.ends > 0 ? "; it ends at " + rfc3339(token.ends) : std::string()) +
                                         (token.due > 0 ? ". It is tried again" : ": " + remedy(settings.name)),
                                     settings.name,
                                     {}});
}

void Core::Machine::granted(Step& step, AccountState& account, Refreshed& input) {
  const AccountSettings& settings = *account.settings;
  TokenRow& token = account.token;
  auto tokens = std::make_shared<Tokens>(*input.tokens);
  if (token.tokens) tokens->insert(token.tokens->begin(), token.tokens->end());  // what was not given anew still holds
  token.tokens = std::move(tokens);
  token.asked = 0;
  token.trouble.clear();
  token.ends = input.lasts > 0 ? step.now.wall + input.lasts : 0;
  account.refresh_tries = 0;
  account.refreshed_at = step.now.boot;
  account.adopted = account.sequence;
  Record& made = record(step, "secret.rotated");
  made.account = settings.name;
  made.platform = settings.platform;
  made.actor = settings.actor;
  step.out.commit.emplace_back(Adopt{settings.name, settings.seed, token.tokens});
  // A token that lasts less than `before` is refreshed halfway; one whose end is not told, when it is refused.
  plan_token(step, account,
             input.lasts > 0 ? token.ends - std::min(settings.refresh.before, input.lasts / 2) : Micros{0});
  if (account.pause_class == "auth") resume_account(step, account);
}

void Core::Machine::standing(Step& step, Standing&& input) {
  AccountState* const account = account_state(input.account);
  if (!account) return;
  // What has shown the tokens of before says nothing of these.
  const bool old = account->refreshed_at > 0 && step.now.boot - account->refreshed_at < kStillOld;
  if (input.error_class == "auth" && old) return;
  if (!input.error_class.empty()) return pause(step, *account, input.error_class, input.text);
  if (input.ends == 0 || account->token.asked > 0) return;
  const AccountSettings& settings = *account->settings;
  TokenRow& token = account->token;
  token.account = settings.name;
  token.seed = settings.seed;
  token.ends = input.ends;
  plan_token(step, *account,
             std::max(input.ends - (settings.refresh.possible ? settings.refresh.before : kForecast), step.now.wall));
}

// A person goes on with what there is: what may have been spent is still not shown again.
void Core::Machine::forget_lost_refresh(Step& step, AccountState& account) {
  TokenRow& token = account.token;
  if (token.asked == 0 || account.asking) return;
  token.asked = token.due = 0;
  save_token(step, account);
}

// The platform says that the token is dead. A younger one may be had.
void Core::Machine::mend_token(Step& step, AccountState& account) {
  if (account.refreshed_at > 0 && step.now.boot - account.refreshed_at < kEachOther) return;
  if (account.refresh_tries == 0) refresh(step, account);
}

}  // namespace postern::core
