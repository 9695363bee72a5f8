// SPDX-License-Identifier: Apache-2.0
// The configuration: postern.toml and conf.d/*.toml beside it, read, laid on each other, checked, and turned into one
// value that nobody changes. Reading has no side effects: it creates, locks and writes nothing, and opens no socket.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "config/kek_file.hpp"
#include "config/node.hpp"
#include "config/secrets.hpp"
#include "core/settings.hpp"

namespace postern::config {

/// Where to listen. Port 0: any free one.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

enum class Isolation : std::uint8_t { thread, process, external };

/// How a plugin is placed; the same for platforms and handlers.
struct PluginSection {
  std::string name;  ///< of the section
  Place place;
  std::string plugin;  ///< a name to be looked up in plugin_dirs, or an absolute path; empty: an external handler
  Isolation isolation = Isolation::thread;
  std::string user;             ///< external: the system user that it must run as
  std::vector<Member> options;  ///< what is the plugin's own, in the order of the file, secrets included
  Secrets secrets;              ///< the values of those that are secrets
};

struct PlatformSection : PluginSection {
  std::string base_url;  ///< empty: where the plugin says
};

struct AccountSection {
  std::string name;
  Place place;
  std::string platform;  ///< name of its PlatformSection
  std::string id;        ///< account_key
  std::string base_url;  ///< empty: the platform's
  std::string policy;    ///< a version, or an absolute path; empty: the newest
  std::string profile;   ///< an industry's rules besides, "finance"; "none" for none
  Place policy_place, profile_place;
  bool resend_unknown = false, poll = false;
  core::MediaPolicy media = core::MediaPolicy::link;
  bool shreds_unsent = true;
  Micros settle = 0, answer_within = 0;
  std::vector<Member> options;
  Secrets secrets;  ///< its credentials, "token" and others, and webhook secrets of its own
};

struct HandlerSection : PluginSection {
  bool campaign = false;
  bool hold_on_failure = false;
};

struct RouteSection {
  Place place;
  std::vector<std::string> accounts, kinds, handlers;
};

/// A line of [roles]: local users, and groups as "@name".
struct RoleSection {
  std::string role;
  Place place;
  std::vector<std::string> members;
};

struct RetentionSection {
  Place place;
  std::string retention, platform, account;  ///< class, platform, account: patterns
  Micros least = 0, most = 0;                ///< most 0: for ever
  std::string basis;
};

/// The section [publish] and the tables [[witness]].
struct PublishSection {
  Micros every = 0;
  std::int64_t records = 0;
  std::filesystem::path folder, highwater;
  std::vector<std::string> syslog, post;
  Place place;
};
struct WitnessSection {
  Place place;
  std::string url, vkey;
};

/// The section [limits]; daemon_schema.cpp says what each figure means.
struct Limits {
  Micros webhook_wait = 0, codec_time = 0, handler_time = 0, connect_time = 0, request_time = 0, poll_time = 0;
  Micros give_up_after = 0, hold_at_most = 0, profile_wait = 0, media_wait = 0;
  std::size_t webhook_body = 0, unverified_bodies = 0, connections = 0, open_calls = 0, lane_length = 0;
  std::size_t hot_conversations = 0, seen_in_memory = 0, media_size = 0, media_room = 0;
};

struct Config {
  std::string name;
  std::filesystem::path state_dir, runtime_dir;
  std::vector<std::filesystem::path> plugin_dirs, policy_dirs;
  std::string profile;  ///< of accounts that name none
  Endpoint listen, admin_listen;
  std::string public_url;  ///< without a slash at its end; empty: the host that a request names
  log::Level log_level = log::Level::info;
  Keks keks;  ///< that wrap what lies in keys.db
  std::int64_t ledger_reserve = 0;  ///< bytes
  Micros key_age = 0;               ///< of the signing key
  Micros heartbeat = 0;             ///< the longest time without a record
  Micros scrub = 0;                 ///< how often the whole ledger is read again
  bool search = false;              ///< is there an index of what was said?
  std::string proxy;                ///< empty: none
  std::filesystem::path ca_file;    ///< empty: the system's
  bool allow_http = false, allow_local = false;
  std::vector<std::string> two_persons;  ///< methods that take a second person
  Micros approval_time = 0;
  Micros gaps_every = 0;  ///< how often platforms are asked what was said lately; 0: never
  Limits limits;
  std::vector<PlatformSection> platforms;
  std::vector<AccountSection> accounts;
  std::vector<HandlerSection> handlers;
  std::vector<RouteSection> routes;
  std::vector<RoleSection> roles;
  std::vector<RetentionSection> retention;
  PublishSection publish;
  std::vector<WitnessSection> witnesses;
  /// SHA-256 over the files' names and bytes, 64 hex: what the record config.loaded holds. Secrets are not in it.
  std::string hash;

  const PlatformSection* platform(std::string_view section) const;
};

/// Loads `file` and then conf.d/*.toml beside it in byte order: a later scalar or list replaces an earlier one, tables
/// merge. Relative paths begin at the folder of `file`, wherever they stand. All that is wrong is collected in
/// `problems`; then there is no configuration. Start and reload only: it reads files.
std::optional<Config> load(const std::filesystem::path& file, const Surroundings& around, Problems& problems);

/// The shared object of a section's plugin: <dir>/<name>.so in the first of plugin_dirs that has it, or the path that
/// was given. Empty, and a problem, if there is none.
std::filesystem::path plugin_file(const Config& config, const PluginSection& section, Problems& problems);

}  // namespace postern::config
