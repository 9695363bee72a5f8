// SPDX-License-Identifier: Apache-2.0
// Messages whose webhook never came. Where a platform can be asked what was said lately, it is asked now and then; what
// is not on record is taken in like anything else, once, and the gap goes on record with it. Each round looks from
// where the last one has ended. The first one begins with the account itself, so that nobody is answered who wrote
// before Postern was there.
#include <algorithm>
#include <utility>

#include "core/interned.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr Micros kGrace = 2 * kMinute;       // a webhook may be on its way for so long
constexpr Micros kSoon = kMinute;            // after a start: the platform itself comes again first
constexpr Micros kFurthestBack = 30 * kDay;  // keys of events are known for longer
constexpr int kMostPages = 500;              // of a round

}  // namespace

// Names of accounts have no slash, so this is none.
std::string_view Core::Machine::listing_cursor(std::string_view account) {
  return intern(std::string(account) + "/list");
}

void Core::Machine::plan_listing(AccountState& account, Micros due) {
  account.listing.due = due;
  agenda_.add(due, Agenda::What::listing, account.settings->key);
}

// At a start and under a new configuration.
void Core::Machine::watch_listing(Step& step, AccountState& account) {
  Listing& listing = account.listing;
  const Micros every = account.settings->list_every;
  listing.due = 0;
  if (every == 0 || listing.began != 0) return;  // a round under way plans the next one
  if (listing.until == 0) end_listing(step, account, step.now.wall);
  plan_listing(account, step.now.wall + std::min(every, kSoon));
}

void Core::Machine::listing_due(Step& step, std::int64_t key) {
  for (auto& [name, account] : accounts_) {
    Listing& listing = account.listing;
    if (account.settings->key != key || listing.due == 0 || listing.due > step.now.wall) continue;
    if (account.settings->list_every == 0 || settings_->account(name) == nullptr) return;
    plan_listing(account, step.now.wall + account.settings->list_every);
    if (!account.paused.empty() || listing.began != 0) return;
    listing.began = step.now.wall;
    listing.pages = 0;
    return list(step, account, {});
  }
}

void Core::Machine::list(Step& step, AccountState& account, std::string cursor) {
  const Micros since = std::max(account.listing.until, step.now.wall - kFurthestBack);
  step.out.commit.emplace_back(List{account.settings->name, account.settings->section, since, std::move(cursor)});
}

void Core::Machine::listed(Step& step, Listed&& input) {
  AccountState* account = account_state(input.account);
  if (!account || account->listing.began == 0) return;
  Listing& listing = account->listing;
  listing.error = std::move(input.error);
  if (!listing.error.empty()) {
    step.out.once.emplace_back(
        Alarm{"listing.failed", "the platform does not say what was said lately: " + listing.error, input.account, {}});
    listing.began = 0;  // the next round begins where this one has
    return;
  }
  const Micros until = listing.began - std::min(kGrace, account->settings->list_every / 2);
  const std::uint64_t number = next_number_++;
  deliveries_[number].left = input.events.size() + 1;
  for (auto& event : input.events) {
    // What has no key cannot be told from what is on record; what is too new will be found by the next round.
    if (event.key.empty() || event.sent_at < listing.until || event.sent_at >= until) {
      one_recorded(step, number);
      continue;
    }
    event.listed = true;
    admit(step, *account, std::move(event), number);
  }
  one_recorded(step, number);
  if (!input.cursor.empty() && ++listing.pages < kMostPages) return list(step, *account, std::move(input.cursor));
  listing.began = 0;
  listing.looked_at = step.now.wall;
  if (until > listing.until) end_listing(step, *account, until);
}

// All up to here was looked at.
void Core::Machine::end_listing(Step& step, AccountState& account, Micros until) {
  account.listing.until = until;
  step.out.rows.emplace_back(CursorRow{listing_cursor(account.settings->name), rfc3339(until)});
}

// A message was taken in that no webhook had brought.
void Core::Machine::note_gap(Step& step, AccountState& account, const Conversation& conversation, const Event& event,
                             std::int64_t index, const Id& message) {
  Record& made = record(step, "webhook.missed", conversation);
  made.actor = account.settings->actor;
  made.cause = index;
  made.message = message;
  made.count = std::max<Micros>(step.now.wall - event.sent_at, 0) / kSecond;
  ++account.listing.missed;
  publish(step, "missed", conversation, made.index);
  step.out.once.emplace_back(Alarm{"webhook.missed",
                                   "a message was found whose webhook never came; see `posternctl gaps`",
                                   account.settings->name, conversation.row.id});
}

}  // namespace postern::core
