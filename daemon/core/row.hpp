// SPDX-License-Identifier: Apache-2.0
// Projections: what the state is rebuilt from at start. Each row is the newest form of one thing; the writer keeps the
// last one of a batch by (table, key) and never writes a row that is born and dies in one batch. Rows hold numbers,
// pseudonyms and references to records; `doc` is JSON that the writer seals under the contact's profile key.
// All integers are keys or times, so no table needs an index of its own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "base/secret.hpp"
#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/policy/question.hpp"
#include "core/record.hpp"

namespace postern::core {

/// Table `conversation`. `number` is the index of the record that made it, so that recovery finds it again.
struct ConversationRow {
  std::int64_t number = kNone;
  Id id{}, contact{};
  std::int64_t contact_number = kNone;
  std::string_view account;  ///< interned
  Micros last_in = 0;        ///< newest inbound event of any kind
  Micros last_user = 0;      ///< newest event that opens the messaging window (platform's time, never in the future)
  Micros last_bot = 0, last_human = 0;  ///< newest message sent by author kind
  std::int64_t flags = 0;               ///< bits and counters: Conversation::kPublic and those below it
  std::int64_t last_record = kNone;
  Text doc;  ///< {"thread", "tags", "attributes", "assigned", "states"}; null: unchanged
};

/// Table `contact`. `number` is the index of the record that made it.
struct ContactRow {
  std::int64_t number = kNone;
  Id id{};
  std::string_view account;
  Text doc;  ///< {"sender", "name", "first_name", "handle", "locale", "attributes", "looked_up_at"}
};

/// Table `open_turn`: a routed event that has not ended. Key: its record. Gone when answered, declined or escalated.
struct OpenTurnRow {
  std::int64_t index = kNone;
  std::int64_t conversation = kNone;
  Micros deadline = 0;  ///< 0: nobody waits for an answer to it, it only has to be handled
  std::int64_t stage =
      0;  ///< 0 to be handled (or, with parts in the outbox, being answered), 1 waiting, 2 in quarantine
  bool erase = false;
  std::string only{};  ///< names of the handlers that alone are asked, with commas; empty: the route's
};

/// Table `turn`: what became of it; append-only, read by reports.
struct TurnRow {
  std::int64_t index = kNone, conversation = kNone;
  Micros since = 0, ended = 0;
  std::string_view ending;  ///< answered, declined, escalated
  std::string_view by;      ///< bot, human, campaign, system; interned
};

/// Table `outbox`. Key: intent record * 256 + part number. The content is in the intent's body.
struct OutboxRow {
  std::int64_t key = kNone;
  std::int64_t conversation = kNone;
  std::int64_t turn = kNone;  ///< the event it answers
  Id message{};               ///< x
  std::int64_t state = 0;     ///< PartState
  std::int64_t attempt = 0;
  Micros due = 0;          ///< when it is to be tried, released, settled or given up
  Micros since = 0;        ///< when it was first allowed
  std::int64_t parts = 1;  ///< q of the intent
  bool erase = false;
};

/// Table `timer`: made by the effect `schedule`. Key: hash of (conversation, handler, id).
struct TimerRow {
  std::int64_t key = kNone;
  std::int64_t conversation = kNone;
  std::string_view handler;
  std::string id;
  Micros due = 0;
  bool erase = false;
};

/// Table `state`: a handler's own state of scope contact, account or all (conversation's is in its doc). Key: hash of
/// (handler, scope value).
struct StateRow {
  std::int64_t key = kNone;
  std::string_view handler;
  std::string scope;  ///< "contact:<32 hex>", "account:acme-x", "all"
  Id contact{};       ///< whose key seals it; none: sealed under the key of the ledger's own subject
  Text doc;
};

/// Table `cursor`: how far an account has been polled; written with the events that came with it.
struct CursorRow {
  std::string_view account;
  std::string cursor;
};

/// Table `medium`: an attachment's file that is to be fetched, or that was. Key: record of the event * kMostFiles +
/// place.
struct MediumRow {
  std::int64_t key = kNone;
  std::int64_t attempt = 0;
  Micros due = 0;               ///< of the next attempt
  std::int64_t record = kNone;  ///< msg.media, which says what it is; none: still to be fetched
  std::string file{};           ///< its name among the ledger's media; empty: none is kept
  bool erase = false;
};

/// Table `shred`: content that has to go: that of record `index`, or what `index`, an unsend, names.
struct ShredRow {
  std::int64_t index = kNone;
  Micros due = 0;
  bool erase = false;
};

/// Table `link`: this contact is the same person as others. Both by number; `person` is the least of theirs.
struct LinkRow {
  std::int64_t contact = kNone, person = kNone;
};

/// Table `attempt`: an attempt to send a part, whatever became of it: the platform may have counted it. Those alone
/// have a row that a limit counts for longer than kTail; the others, all of a busy account, are read from the log's
/// end.
struct PastAttempt {
  std::int64_t index = kNone;  ///< of the record that it began with
  std::string_view account;    ///< interned
  std::int64_t contact_number = kNone;
  EffectKind effect = EffectKind::reply;
  policy::Author author = policy::Author::bot;
  bool media = false;
  std::string_view purpose = "service";  ///< interned
  std::int64_t text_hash = 0;            ///< of a message's first part, where a rule compares texts
  bool public_ = false;
  Micros at = 0;                 ///< when it began
  std::int64_t message = kNone;  ///< the record of its intent
};
inline constexpr Micros kTail = 10 * kSecond;

/// No table: the body of this record goes, and a record of the same batch says so.
struct BodyGone {
  std::int64_t index = kNone;
};

/// Table `seen`: this event of this account is record `index`. Goes to its table in lots, behind the hot path.
struct SeenRow {
  std::int64_t look = 0;
  std::int64_t index = kNone;
  Micros sent_at = 0;
};

/// keys.db, table `identity`: what a platform calls a contact or a thread. In lots, behind the hot path.
struct IdentityRow {
  bool thread = false;  ///< else a contact
  std::string_view account;
  std::string string;  ///< the platform's name for it
  Id id{};
  std::int64_t number = kNone;  ///< of the conversation or contact; also the record whose loss would lose this row
};

/// Table `account`: what must survive of an account. Key: its name.
struct AccountRow {
  std::string_view account;
  std::string paused;  ///< reason of a pause; empty: not paused
  std::string_view pause_class;
};

/// Table `command`: the answer that a command with an id of the caller's own has got. Key: keyed digest of caller and
/// id.
struct CommandRow {
  std::int64_t key = 0;
  Micros at = 0;
  std::string answer;  ///< JSON; sealed under the key of the ledger's own subject
  bool erase = false;
};

/// keys.db, table `token`: what became of an account's configured token, and what the platform has issued in its place.
/// Sealed under the KEK. Key: the account's name.
struct TokenRow {
  std::string_view account;
  Hash seed{};       ///< of the configured credentials: with others, none of this holds
  Micros asked = 0;  ///< when new ones were asked for and no answer is on record; 0: none is awaited
  Micros due = 0;    ///< when they are to be asked for; 0: not any more, `trouble` says why
  Micros ends = 0;   ///< when the token ends; 0: the platform has not said
  std::string trouble{};
  std::shared_ptr<const Tokens> tokens{};  ///< null: the configured ones hold
};

/// Table `erasure`: a contact whose content is to go. Key: the record that asks for it.
struct ErasureRow {
  std::int64_t request = kNone;
  Id contact{};
  std::int64_t number = kNone;  ///< of the contact
  std::string_view account;     ///< interned
  std::int64_t stage = 0;       ///< 0 something forbids it so far, 1 it goes
  std::int64_t bodies = 0;      ///< that have gone
  std::string basis{};          ///< what forbids it, as on record
  Id code{};                    ///< of the platform's request that it belongs to; none: a tool's
  bool erase = false;           ///< it is done
};

/// Table `hold`: what nobody may erase or purge. Key: its id.
struct HoldRow {
  Id id{};
  std::string scope;  ///< "contact:<32 hex>", "conversation:<32 hex>", "account:acme", "all"
  std::int64_t placed = kNone, released = kNone;  ///< records
};

/// Table `approval`: what a second person has to agree to. Key: the record that asks for it.
struct ApprovalRow {
  std::int64_t request = kNone;
  std::string_view method;     ///< interned: "contact.erase", "hold.release"
  Id about{};                  ///< the contact or the hold
  std::string_view asker;      ///< interned
  std::int64_t cause = kNone;  ///< the erasure's request
  Micros until = 0;
  bool erase = false;  ///< somebody has said yes or no, or nobody in time
};

/// Table `deletion`: what a platform has asked for in somebody's name. Key: the record of that.
struct DeletionRow {
  std::int64_t request = kNone;
  Id code{};                  ///< under which the platform's user may look for it
  std::int64_t look = 0;      ///< keyed digest of what was signed
  std::int64_t contacts = 0;  ///< that were found
  bool erase = false;
};

/// keys.db: a contact's key of one month, whose last body goes with this batch. Kept while the month lasts.
struct MonthGone {
  Id contact{};
  int month = 0;
};

/// Where keys.db keeps what a platform calls somebody.
struct IdentityKey {
  std::int64_t look = 0;
  Id id{};
};

/// keys.db: all keys of a contact, and what its platform calls it and its conversations. They are gone, durably, before
/// anything else of this batch is: whatever stops in between leaves what nobody can read.
struct KeysGone {
  std::int64_t number = kNone;  ///< of the contact
  Id contact{};
  std::vector<IdentityKey> identities;  ///< in the table
  std::vector<Id> names;                ///< the contact and its conversations: of those none may come into it
};

/// No table: what is kept of a contact beside the log: documents of it and its conversations, handlers' states.
struct ContactGone {
  std::int64_t number = kNone;
  Id contact{};
  std::vector<std::int64_t> conversations;
};

/// Table `meta`: it is known and dealt with that this ledger is a copy.
struct RestoredRow {
  Micros at = 0;  ///< wall time of the start
};

using Row =
    std::variant<ConversationRow, ContactRow, OpenTurnRow, TurnRow, OutboxRow, TimerRow, StateRow, CursorRow, SeenRow,
                 IdentityRow, AccountRow, CommandRow, TokenRow, MediumRow, ShredRow, LinkRow, BodyGone, ErasureRow,
                 KeysGone, ContactGone, HoldRow, MonthGone, ApprovalRow, DeletionRow, RestoredRow, PastAttempt>;

}  // namespace postern::core
