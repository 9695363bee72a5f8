// SPDX-License-Identifier: Apache-2.0
// The configuration as the core sees it: an immutable snapshot. daemon/config builds it; a new one is an input.
#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "core/event.hpp"
#include "core/policy/policy.hpp"

namespace postern::core {

/// How the fate of an unclear send is told by the platform (a plugin's trait).
enum class Settles : std::uint8_t { nothing, key, echo, status, list };

/// How an account's token is refreshed (facts of its plugin, `credentials[].refresh`).
struct RefreshSettings {
  bool possible = false;   ///< the plugin says how, and all that it takes is configured
  bool single_use = true;  ///< the request spends what it is made with
  Micros before = kHour;   ///< so long before the token's end
  Micros first_after = 0;  ///< a configured token, whose end nobody has told: so long after it was first seen
};

/// What becomes of files that contacts send.
enum class MediaPolicy : std::uint8_t {
  link,   ///< only the link, as it came
  hash,   ///< fetched, and only its SHA-256 kept
  store,  ///< fetched and kept, sealed
};

struct AccountSettings {
  std::string_view name, platform, section;  ///< interned
  std::string_view actor;                    ///< "plugin:messenger@1.0.0", interned
  std::string account_key;                   ///< what the platform calls the account
  std::string options = "{}";                ///< JSON for tasks: the account's own options, no secrets
  Settles settles = Settles::nothing;
  bool resend_unknown = false;  ///< unknown = "resend"; default: park
  Micros settle = 60 * kSecond;
  Micros answer_within = kHour;
  Micros list_every = 0;           ///< how often the platform is asked what was said lately; 0: never
  bool polls = false;              ///< events are fetched, not pushed
  bool looks_up_profiles = false;  ///< the plugin knows the task `profile`
  RefreshSettings refresh;
  Hash seed{};                  ///< of its configured credentials: what a platform has issued holds until they change
  bool resolves_media = false;  ///< the plugin knows the task `media`
  MediaPolicy media = MediaPolicy::link;
  bool shreds_unsent = true;  ///< what a contact takes back loses its content here, too
  std::shared_ptr<const policy::Pack> pack;
  std::int64_t key = 0;  ///< in the rate book; the same whatever accounts come and go
};

enum class Scope : std::uint8_t { conversation, contact, account, all };

struct HandlerSettings {
  std::string_view name;   ///< interned: the section of the configuration
  std::string_view actor;  ///< "plugin:autoresponder@1.0.0", interned
  policy::Author author = policy::Author::bot;
  Scope scope = Scope::conversation;
  bool needs_profile = false;
  bool needs_media = false;
  bool external = false;  ///< may do I/O: sees an event only after its commit
  bool hold_on_failure = false;
};

struct RouteSettings {
  std::vector<std::string> accounts;  ///< patterns with `*`
  std::uint64_t kinds = 0;            ///< bit per Kind
  std::vector<std::size_t> handlers;  ///< positions in Settings::handlers
};

/// How long content has to be kept, and how long it may be.
struct RetentionRule {
  std::string retention, platform, account;  ///< class, platform, account: patterns with `*`
  Micros least = 0, most = 0;                ///< most 0: for ever
  std::string basis;                         ///< why, one word
};

struct Settings {
  std::string hash;  ///< SHA-256 of the whole configuration, 64 hex
  std::vector<AccountSettings> accounts;
  std::vector<HandlerSettings> handlers;
  std::vector<RouteSettings> routes;
  std::vector<RetentionRule> retention;        ///< the first that matches holds
  std::vector<std::string> two_persons;        ///< methods that take a second person
  Micros approval_time = 3 * kDay;             ///< so long that person has
  std::shared_ptr<const policy::Zones> zones;  ///< null: UTC alone is known
  Micros profile_wait = 300 * kMilli;
  Micros media_wait = 10 * kSecond;
  Micros give_up_after = 24 * kHour;  ///< retries of a part
  Micros hold_at_most = 7 * kDay;
  std::size_t hot_conversations = 7'000;
  std::size_t seen_in_memory = 100'000;
  std::size_t lane_length = 1'000;

  /// The account of a webhook: by name where the path says it, else by (section, account_key). Null: not ours.
  const AccountSettings* account(std::string_view section, std::string_view name, std::string_view account_key) const;
  const AccountSettings* account(std::string_view name) const;
  /// The first route that matches; null: nobody is asked.
  const RouteSettings* route(std::string_view account, Kind kind) const;
  /// The first rule for a class, platform and account; null: kept for ever, and erased at once.
  const RetentionRule* retained(std::string_view retention, std::string_view platform, std::string_view account) const;
  /// How far back the rate limits of all accounts look, of those that look back at most so far; 0: there are none.
  Micros rates_look_back(Micros most = std::numeric_limits<Micros>::max()) const;
  /// What all that share the count of promotions ask for at most.
  policy::RateLimit promotions() const;
};

}  // namespace postern::core
