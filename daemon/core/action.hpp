// SPDX-License-Identifier: Apache-2.0
// What the core tells the shell to do. `At::once` changes nothing that the world can see; `At::commit` waits until the
// records of its batch are durable.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/secret.hpp"
#include "core/event.hpp"
#include "core/record.hpp"
#include "core/settings.hpp"

namespace postern::core {

/// Answer a webhook. Commit.
struct Answer {
  std::uint64_t webhook = 0;
  int status = 200;
};

/// Ask the loader for what is not in memory: a thread and a sender, or a conversation by its pseudonym. Commit, so that
/// what has left memory is on disk.
struct Load {
  std::uint64_t load = 0;
  std::string_view account;
  std::string thread, sender;
  Id conversation{};                ///< if there is one, account, thread and sender are empty
  std::vector<std::int64_t> looks;  ///< event keys that may be on disk
  std::vector<std::string> keys;    ///< the same, in clear, to confirm a hit
  std::int64_t record = kNone;      ///< an event that a long lane has left on disk; then all the others are empty
};

/// Hand an event to a handler. Once, or at commit for an external handler.
struct Handle {
  std::uint64_t call = 0;
  std::string_view handler;
  Text event;
  std::string context, state, turn;
  bool again = false;  ///< the handler has failed on it before
};

/// Send a part: encode at once, request at commit. The answer is Attempted with the same part and attempt.
struct Attempt {
  std::int64_t part = kNone;
  std::int64_t attempt = 0;
  std::string_view account, section;
  std::string task;  ///< JSON
};

/// Look a profile up: encode at once, request at once (it shows nothing to anybody).
struct LookUp {
  std::uint64_t lookup = 0;
  std::string_view account, section;
  std::string task;  ///< JSON
};

/// Fetch an attachment's file, and keep it or only its hash. Commit. The answer is FileFetched.
struct FetchFile {
  std::int64_t medium = kNone;        ///< MediumRow::key
  std::string_view account, section;  ///< interned
  std::string type, url;              ///< the attachment's
  std::string task;                   ///< JSON of the task `media` that leads to it; empty: the URL does
  bool keep = false;
  Id contact{};                ///< whose key seals it,
  std::int64_t index = kNone;  ///< as that of this record
  Micros wall = 0;             ///< and this record's month
};

/// Find the records whose content has to go with this one (ShredRow). Commit. The answer is BodiesFound.
struct FindBodies {
  std::int64_t index = kNone;
};

/// Find a contact, by its pseudonym or by what the platform calls it, and what is on record of it. Commit. The answer
/// is SubjectFound.
struct FindSubject {
  std::uint64_t search = 0;
  Id contact{};              ///< none: by account and name
  std::string_view account;  ///< interned
  std::string name;
};

/// Find what is still there of a contact that is being erased: one lot. Commit. The answer is RemainsFound.
struct FindRemains {
  std::int64_t request = kNone;
  Id contact{};
  std::int64_t before = kNone;  ///< only bodies of records below; kNone: it begins, and keys and documents are wanted
};

/// Find bodies that are older than they may become. Commit. The answer is OldFound.
struct FindOld {
  std::uint64_t run = 0;
  std::int64_t from = 0;
  Micros now = 0;
  std::shared_ptr<const Settings> settings;  ///< whose rules hold
};

/// Files that nothing refers to any more. Commit.
struct DropFiles {
  std::vector<std::string> files;
};

/// An account's poll may go on from this cursor. Commit.
struct Poll {
  std::string_view account, section;
  std::string cursor;
};

/// Ask the platform what was said since then (task `list`); `cursor` says where to go on within one round. Commit, so
/// that what the page before has brought is on record.
struct List {
  std::string_view account, section;
  Micros since = 0;
  std::string cursor;
};

/// Ask the platform for new tokens. Commit: that it was asked is durable. The answer is Refreshed with the same
/// `asked`.
struct Refresh {
  std::string_view account, section;
  Micros asked = 0;
};

/// The courier sends with these tokens from now on. Commit: they are durable, and whatever is committed after them
/// leaves with them.
struct Adopt {
  std::string_view account;
  Hash seed{};  ///< the configured credentials that they came of
  std::shared_ptr<const Tokens> tokens;
};

/// Have an account's webhook subscribed and its token checked, for a tool. Commit: it is on record, and shows the
/// tokens that were adopted before it.
struct Connect {
  std::uint64_t reply_to = 0;
  std::string account;
};

/// A tool's question that may be answered when what says so is durable: the shell's own, the core asks none. Commit.
struct Query {
  std::uint64_t reply_to = 0;
  std::string method, params;  ///< JSON object
};

/// The event feed: no content. Commit.
struct Publish {
  std::string_view what;               ///< "message", "sent", …; static text
  std::string_view platform, account;  ///< interned
  Id conversation{};
  std::int64_t index = kNone;  ///< the record
  Micros at = 0;
  std::string detail;  ///< the decision, for a verdict
};

/// The answer to a command. Commit.
struct Reply {
  std::uint64_t reply_to = 0;
  bool ok = true;
  std::string json;  ///< ok: the result; else {"code", "message", "data"}
};

/// A platform's wish that somebody be forgotten is on record, under this code. Commit.
struct DeletionTaken {
  std::uint64_t webhook = 0;
  Id code{};
  bool repeated = false;  ///< it was before
};

/// Ask a tool's question: that it was asked is on record. Commit.
struct Ask {
  std::uint64_t question = 0;
};

/// Something that a person must see: log, status. Once.
struct Alarm {
  std::string_view id;  ///< message id: "turn.unanswered", "turn.late", "part.parked", "account.paused", …
  std::string text;     ///< no content, no name
  std::string_view account;
  Id conversation{};
};

using Action =
    std::variant<Answer, Load, Handle, Attempt, LookUp, FetchFile, FindBodies, DropFiles, Query, Poll, List, Publish,
                 Reply, Ask, Alarm, Refresh, Adopt, Connect, FindSubject, FindRemains, FindOld, DeletionTaken>;

}  // namespace postern::core
