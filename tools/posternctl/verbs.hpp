// SPDX-License-Identifier: Apache-2.0
// The verbs. Each does one thing and gives the exit code; what cannot be done is a Failure.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "session.hpp"

namespace postern::ctl {

// ---- looking
int status(Session& session);
int whoami(Session& session);

struct Watch {
  std::vector<std::string> topics;  ///< beginnings of topics
  std::uint64_t count = 0;          ///< end after so many events; 0: never
};
int watch(Session& session, const Watch& options);

struct Conversations {
  std::int64_t limit = 50;
  std::optional<std::int64_t> before;
  std::string account;
  bool waiting = false;
};
int conversations(Session& session, const Conversations& options);

struct Show {
  std::string conversation;
  std::int64_t limit = 100;
  std::optional<std::int64_t> before;
};
int show(Session& session, const Show& options);

struct Search {
  std::vector<std::string> words;
  std::string account, contact, since, until, tag;  ///< empty: not narrowed by it
  std::int64_t limit = 50;
  std::optional<std::int64_t> before;
};
/// Shows who said what, where it has the words.
int search(Session& session, const Search& options);

int gaps(Session& session);
int policy_counters(Session& session);

struct MediaGet {
  std::int64_t media = 0;     ///< the record that describes it
  std::filesystem::path out;  ///< a file that is not there yet
};
int media_get(Session& session, const MediaGet& options);

int quarantine_list(Session& session);
int outbox_list(Session& session);
int account_list(Session& session);
int plugin_list(Session& session);

struct Explain {
  std::string conversation, as = "human";
  std::string text;  ///< what would be sent; empty: nothing in particular
  bool in_public = false;
};
int policy_explain(Session& session, const Explain& options);

struct PolicyReplay {
  std::string pack;           ///< a file, or PLATFORM/VERSION
  std::string profile;        ///< an industry's rules that are added; empty: none
  std::string since = "30d";  ///< a length or a time
  std::string account;        ///< empty: all of the pack's platform
  std::int64_t limit = 1'000;
};
/// Judges what was decided again, by another pack, and shows what would differ.
int policy_replay(Session& session, const PolicyReplay& options);

// ---- doing. `id` is the caller's own: a command that is repeated with it is not done twice. Empty: a new one.
struct Reply {
  std::string conversation, id;
  std::vector<std::string> words;  ///< of the text; of a template each fills a gap
  std::string form, language;      ///< of a template: its name; empty: none
  bool in_public = false;
};
int reply(Session& session, const Reply& options);
int close_conversation(Session& session, const std::string& conversation, const std::string& id);
/// The contacts of two conversations are one person.
int contact_link(Session& session, const std::string& conversation, const std::string& other, const std::string& id);
int quarantine_requeue(Session& session, std::int64_t record, const std::string& id);
int quarantine_discard(Session& session, std::int64_t record, const std::string& reason, const std::string& id);
int outbox_resolve(Session& session, std::int64_t part, const std::string& as, const std::string& id);
/// Subscribes the webhook and checks token, scopes and end; 69 if something is missing.
int account_connect(Session& session, const std::string& account);
int outbox_approve(Session& session, std::int64_t part, const std::string& id);
int outbox_withdraw(Session& session, std::int64_t part, const std::string& id);
int account_resume(Session& session, const std::string& account, const std::string& id);
int reload(Session& session, bool wait);
int plugin_trust(Session& session, const std::string& section);

// ---- contacts: named by an account and what its platform calls them, or by their pseudonym alone
struct Contact {
  std::string name, account;
};
struct ContactErase {
  Contact contact;
  std::string reason, via, id;
  std::filesystem::path receipt;  ///< empty: it is printed
};
/// 69 if something forbids it for now.
int contact_erase(Session& session, const ContactErase& options);
struct ContactRestrict {
  Contact contact;
  std::string as = "on", id;
};
int contact_restrict(Session& session, const ContactRestrict& options);
struct ContactRectify {
  Contact contact;
  std::optional<std::string> name, first_name, handle, locale;
  std::string id;
};
int contact_rectify(Session& session, const ContactRectify& options);

// ---- what must not go, and what has been kept long enough
struct HoldPlace {
  std::string contact, account, conversation, reason, id;
  bool all = false;
};
int hold_place(Session& session, const HoldPlace& options);
int hold_release(Session& session, const std::string& hold, const std::string& id);
int hold_list(Session& session);
/// Agrees to what another has asked for, or says no. `number` is the request's.
int approve(Session& session, std::int64_t number, bool refuses, const std::string& id);
int approvals(Session& session);
int retention_run(Session& session, bool dry);

// ---- the record
struct Verify {
  std::filesystem::path folder;  ///< empty: the daemon's live ledger
  std::string vkey;              ///< the text, or a file that holds it
  std::vector<std::filesystem::path> external;
  std::vector<std::string> witnesses;  ///< as vkey
};
int audit_verify(Session& session, const Verify& options);

struct Tail {
  std::int64_t count = 20;
  bool follow = false;
};
int audit_tail(Session& session, const Tail& options);
struct Export {
  std::filesystem::path folder;
  std::string account, contact, conversation, since, until;  ///< empty: not narrowed by it
  bool content = false, dispute = false, tiles = false;
};
int audit_export(Session& session, const Export& options);

struct Requests {
  std::string since, until;  ///< empty: not narrowed by it
  bool csv = false;
};
/// What contacts have asked for, and what was answered (11 CCR 7101).
int audit_requests(Session& session, const Requests& options);

struct Timestamp {
  std::filesystem::path bag, request, response;  ///< one of the two
};
/// An RFC 3161 token over the body of a bag's newest checkpoint: asked for, or put into the bag.
int audit_timestamp(Session& session, const Timestamp& options);

struct Disclose {
  std::int64_t record = 0;
  std::filesystem::path folder;
};
/// One record with its key, which opens no other.
int audit_disclose(Session& session, const Disclose& options);

struct ContactExport {
  std::string contact, via;
  bool linked = false;  ///< with the other contacts that are the same person
  std::filesystem::path folder;
};
/// What is held about a contact, for the contact.
int contact_export(Session& session, const ContactExport& options);

// ---- backups
struct Backup {
  std::filesystem::path folder;
  bool signing_key = false;
  bool verify = false;  ///< check the one in `folder`, without a daemon
  std::string vkey;     ///< for that
};
int backup(Session& session, const Backup& options);
struct Restore {
  std::filesystem::path folder, state;
  std::filesystem::path sign_key;  ///< empty: the one in the backup, if there is one
  std::string vkey;
};
int restore(Session& session, const Restore& options);
int keys_status(Session& session);
/// The signing key gives way to the next one now.
int keys_rotate(Session& session);
/// Puts a new key encryption key into the file that holds them.
/// With a certificate, also the copies that its owner can open.
int kek_add(Session& session, const std::filesystem::path& file, const std::filesystem::path& officer);
/// Destroys those that the daemon needs no longer; 69 if there is none yet.
int kek_drop(Session& session, const std::filesystem::path& file, bool wait);
/// Makes of each key in the file a copy that the owner of the certificate can open. No daemon is asked.
int kek_escrow(Session& session, const std::filesystem::path& file, const std::filesystem::path& officer);

// ---- without a daemon
/// What the second pack says otherwise than the first, in words. Packs: files, or PLATFORM/VERSION.
int policy_diff(Session& session, const std::string& before, const std::string& after);
/// Asks the cases of a file (docs/policy.md); exit code 1 if one gets another verdict than it names.
int policy_test(Session& session, const std::filesystem::path& cases);
int config_check(Session& session, const std::filesystem::path& file);
int config_show_defaults(Session& session, bool markdown);

struct Decode {
  std::string platform;  ///< a name, or the path of a shared object
  std::filesystem::path file;
  std::optional<std::string> secret;
  std::vector<std::string> headers;  ///< "name=value"
  std::string account;
  std::vector<std::filesystem::path> folders;
};
int decode(Session& session, const Decode& options);

struct PluginCheck {
  std::filesystem::path file, cases, config;
  std::uint64_t seed = 1;
  int fuzz = 0;  ///< seconds
};
/// 0: nothing failed; 1: something did.
int plugin_check(Session& session, const PluginCheck& options);

struct PluginNew {
  std::string name, kind = "handler";
  std::filesystem::path folder;  ///< empty: NAME
};
int plugin_new(Session& session, const PluginNew& options);

}  // namespace postern::ctl
