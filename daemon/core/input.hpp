// SPDX-License-Identifier: Apache-2.0
// Everything that can happen to the core. An input is complete: nothing else is read while it is decided.
#pragma once
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/secret.hpp"
#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/record.hpp"
#include "core/row.hpp"
#include "core/settings.hpp"

namespace postern::core {

/// 16 random bytes that come with each input. All ids and all jitter of that step are derived from them.
using Chance = std::array<std::uint8_t, 16>;

/// A verified webhook, decoded. Answered (action Answer) when its records are committed, also if it had no events.
struct Arrived {
  std::uint64_t webhook = 0;  ///< 0: no webhook (events that came with a poll or an answer)
  std::string_view section;   ///< interned
  std::string_view account;   ///< interned; empty where the path does not say it
  std::vector<Event> events;
  std::string cursor;  ///< a poll: how far it has got, committed with its events; empty: no poll
};

/// A verified body that the codec could not read, three times. Kept raw, in quarantine.
struct Undecodable {
  std::uint64_t webhook = 0;
  std::string_view section, account;
  Text raw;
  std::string reason;
};

/// What the loader found for an action Load.
struct Loaded {
  std::uint64_t load = 0;                       ///< number of the Load
  std::optional<ConversationRow> conversation;  ///< with its doc opened
  std::optional<ContactRow> owner;              ///< whom the conversation is with, with its doc opened
  std::optional<ContactRow> contact;  ///< the sender's, the same one except in groups and for our own messages
  std::vector<StateRow> states;       ///< of both contacts' scope
  std::vector<bool> seen;             ///< answers to Load::looks, in order
  Text event = nullptr;               ///< the body of Load::record; null: it was erased
};

/// A handler has answered.
struct Handled {
  std::uint64_t call = 0;
  bool stop = false;
  std::vector<Effect> effects;
};
/// A handler has thrown, broken the schema, crashed, or had no answer in time. The bus has already repeated a call
/// that was open beside the guilty one.
struct HandlerFailed {
  std::uint64_t call = 0;
  std::string reason;
};

/// The end of one attempt to send a part: what interpret said, or that there was nothing to interpret.
struct Attempted {
  enum class Outcome : std::uint8_t { sent, retry, failed, pause, unclear } outcome = Outcome::unclear;
  std::int64_t part = kNone;  ///< OutboxRow::key
  std::int64_t attempt = 0;   ///< as in the action Attempt; an older one's answer is ignored
  std::string error_class;    ///< rate, transient, window, …; empty for sent
  std::string code, text;     ///< for people; never a token
  std::string id, thread;     ///< the platform's id of the message; the thread a private reply opened
  Micros after = 0;           ///< retry: not before this much from now
};

/// A request for new tokens has ended. What they are the core never looks at.
struct Refreshed {
  enum class Outcome : std::uint8_t {
    granted,
    later,    ///< nothing was changed; the platform may be asked again
    refused,  ///< it gives none for what it was shown
    unclear,  ///< nobody knows whether it has given any
  } outcome = Outcome::unclear;
  std::string_view account;
  Micros asked = 0;                      ///< as in the action Refresh; an older one's answer is ignored
  std::shared_ptr<const Tokens> tokens;  ///< granted
  Micros lasts = 0;                      ///< granted: how long the token holds; 0: the platform has not said
  std::string text;                      ///< else: for people; never a token
};

/// The platform refuses an account, or has told when its token ends, in answer to a task that is no part.
struct Standing {
  std::string_view account;
  std::string error_class, text;  ///< auth, configuration, restricted; empty: nothing is refused
  Micros ends = 0;                ///< of the token, wall time; 0: not told
};

/// A profile look-up has ended, well or not.
struct Profiled {
  std::uint64_t lookup = 0;
  std::string name, first_name, handle, locale;  ///< all empty: nothing was found
};

/// A page of what was said lately, in answer to the action List.
struct Listed {
  std::string_view account;  ///< interned
  std::vector<Event> events;
  std::string cursor;  ///< empty: that was all
  std::string error;   ///< not empty: the platform does not say; the round is over
};

/// An attachment's file has been fetched and kept (or hashed), or not.
struct FileFetched {
  enum class Outcome : std::uint8_t { done, retry, failed } outcome = Outcome::failed;
  std::int64_t medium = kNone;
  std::string mime;  ///< as its first bytes show
  std::int64_t size = 0;
  std::string sha256;       ///< hex
  std::string file;         ///< where it is kept; empty: only hashed
  std::string sealed;       ///< SHA-256 of the sealed file, hex (h), and
  std::int64_t length = 0;  ///< the length of its ciphertext (n)
  std::string reason;       ///< unless done: one word: "too-large", "no-picture", "http-404", …
};

/// What the action FindBodies has found.
struct BodiesFound {
  /// A record whose body is still there.
  struct Body {
    std::int64_t index = kNone;
    std::string_view account, platform, retention;  ///< interned
    Id contact{}, conversation{}, message{};
    Micros wall = 0;
  };
  std::int64_t index = kNone;    ///< the action's
  bool unsent = false;           ///< it is an unsend; else its own time has run out
  std::vector<Body> bodies;      ///< ascending
  std::vector<MediumRow> media;  ///< of these records
};

/// What the action FindSubject has found.
struct SubjectFound {
  std::uint64_t search = 0;
  std::optional<ContactRow> contact;  ///< its doc opened; without one: it was erased
  std::vector<Id> conversations;      ///< with it
  std::int64_t erased = kNone;        ///< the record that says it was
  /// Bodies that are there, by their class: the newest, which has to be kept longest.
  struct Kept {
    std::string_view retention;  ///< interned
    Micros newest = 0;
  };
  std::vector<Kept> kept;
};

/// What the action FindOld has found.
struct OldFound {
  std::uint64_t run = 0;
  std::vector<BodiesFound::Body> bodies;  ///< past their time, a lot of them, ascending
  std::vector<MediumRow> media;           ///< of these records
  std::vector<MonthGone> months;          ///< in which these contacts have no other body than these
  std::int64_t next = kNone;              ///< go on with this record; kNone: that was all
};

/// What the action FindRemains has found.
struct RemainsFound {
  std::int64_t request = kNone;
  bool first = false;                       ///< it begins: the next three are complete
  std::vector<IdentityKey> identities;      ///< in keys.db
  std::vector<Id> names;                    ///< the contact and its conversations
  std::vector<std::int64_t> conversations;  ///< the numbers of those
  std::vector<std::int64_t> bodies;         ///< records whose bodies are there, a lot of them
  std::vector<MediumRow> media;             ///< of these records
  std::int64_t before = kNone;              ///< the others are below this one; kNone: there are none
};

/// An agent or a tool wants something done. `id` is the caller's own; asked again, it gets the first answer, also after
/// a start.
struct Command {
  std::uint64_t reply_to = 0;  ///< the shell's number of the request, for the action Reply
  std::string id;
  std::string_view actor;    ///< "user:<32 hex>", interned
  std::string method;        ///< "reply", "conversation.close", "policy.explain", "quarantine.discard", …
  std::string conversation;  ///< 32 hex; it need not be in memory
  std::string text;     ///< reply: the text; explain: who would speak; resolve: what became of the part; discard: why
  std::string form;     ///< reply: in place of the text JSON of a template, as the effect has it
  std::string other;    ///< contact.link: a conversation with the same person
  bool sought = false;  ///< `other` has been looked for
  std::string said;     ///< explain: the text that would be sent; empty: none in particular
  std::int64_t index = kNone;  ///< requeue, discard: the record; resolve: the part
  std::string account;
  std::string contact;     ///< 32 hex; with an account what its platform calls the contact
  std::string via;         ///< contact.erase: the way the request came, one word; hold.place: the kind of its scope
  std::string change;      ///< contact.rectify: JSON object of what is to be put right
  bool in_public = false;  ///< reply, explain: as a public comment
};

/// A platform asks, signed, that somebody be forgotten at the accounts of these sections.
struct DeletionAsked {
  std::uint64_t webhook = 0;  ///< the shell's number of the request, for the action DeletionTaken
  std::vector<std::string> sections;
  std::string user;   ///< what the platform calls them
  std::string proof;  ///< what was signed: the same again is a repetition
};

/// The shell has something for the record: a start, a configuration, a plugin, a read by a tool.
struct Noted {
  Record record;  ///< index, times and boot id are the core's; type, actor, decision, count, extra are the shell's
  std::uint64_t question = 0;  ///< of a tool, to be asked when the record is durable; 0: none
};

/// Everything up to and including this record is durable.
struct Committed {
  std::int64_t index = kNone;
};

/// Contact ids whose keys are made and durable; a new contact takes the next one.
struct Spares {
  std::vector<Id> ids;
};

struct Replaced {
  std::shared_ptr<const Settings> settings;
};

/// Only time has passed.
struct Tick {};

using Input = std::variant<Tick, Arrived, Undecodable, Loaded, Handled, HandlerFailed, Attempted, Profiled, Listed,
                           FileFetched, BodiesFound, Command, Noted, Committed, Spares, Replaced, Refreshed, Standing,
                           SubjectFound, RemainsFound, OldFound, DeletionAsked>;

}  // namespace postern::core
