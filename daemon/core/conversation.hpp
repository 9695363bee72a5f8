// SPDX-License-Identifier: Apache-2.0
// Conversations, contacts, turns and parts as they live in memory.
#pragma once
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/record.hpp"
#include "core/row.hpp"
#include "core/settings.hpp"

namespace postern::core {

struct Conversation;

/// A person who writes to an account.
struct Contact {
  std::int64_t number = kNone;
  Id id{};
  std::string_view account;
  std::string sender, name, first_name, handle, locale;
  policy::Words attributes;
  policy::Words consents;           ///< purpose -> "granted" or "revoked"; "all": a STOP
  std::vector<std::uint64_t> said;  ///< fingerprints of what was said in private, oldest first
  Micros looked_up_at = 0;
  bool restricted = false;  ///< nobody handles what they write, and nothing is sent to them
  bool rectified = false;   ///< the profile was put right by a person: the platform's does not replace it

  ContactRow row() const;
  static std::shared_ptr<Contact> from(const ContactRow& row);
};

/// A routed event until it has ended. A timer's event is a turn that nobody waits for.
struct Turn {
  std::int64_t index = kNone;
  Conversation* conversation = nullptr;
  Id event_id{};
  Event event;  ///< event.text is let go when the chain has ended well
  Micros received = 0, deadline = 0;
  enum class Stage : std::uint8_t { open, waiting, quarantine } stage = Stage::open;
  bool late = false;                   ///< its deadline has passed while it was handled or answered: an alarm has rung
  std::vector<std::string_view> only;  ///< who alone is asked: a timer's handler; after quarantine those that failed
  bool first = false;                  ///< the conversation began with it
  bool away = false;                   ///< its lane is long: the event waits on disk until it is at the front
  Micros media_until = 0;              ///< until when its lane waits for its files; 0: it has not begun to
  std::vector<std::string> media;      ///< what became of its files, for the context: JSON objects

  OpenTurnRow row() const;
};

/// `asks`: a second person has to approve it; `wants`: the contact has to consent.
enum class PartState : std::uint8_t { queued, held, sending, retry, unknown, parked, asks, wants };
std::string_view name(PartState state);
/// In which a part waits for what a verdict has it wait for.
PartState waiting_for(policy::Awaits what);

/// One piece of an outbound message: one request to the platform.
struct Part {
  std::int64_t key = kNone;  ///< intent record * 256 + number
  Conversation* conversation = nullptr;
  std::int64_t turn = kNone;
  Id message{};
  std::int64_t number = 1, of = 1;
  PartState state = PartState::queued;
  std::int64_t attempt = 0;
  Micros due = 0, since = 0;
  std::string content;  ///< JSON of the task's "part"
  EffectKind effect = EffectKind::reply;
  policy::Author author = policy::Author::bot;
  std::string_view actor;
  std::string_view purpose = "service";  ///< interned
  std::int64_t text_hash = 0;            ///< of the whole text, in the first part
  bool ack = false, media = false, to_comment = false, public_ = false;
  Micros comment_at = 0;
  bool hold_on_record = false;  ///< since its last attempt
  bool of_refusal = false;      ///< it answers the news of a refusal, so its own author hears of none
  std::int64_t sequence = 0;    ///< of its newest attempt, per account; 0: made before this start
  Micros unclear_since = 0;     ///< time since boot, so that a clock which is set settles nothing

  /// Does its arrival answer the turn that it belongs to?
  bool answers() const { return !ack && is_answer(effect); }
  /// Is it an approved template? (In a text the quotation marks would be escaped.)
  bool is_form() const { return content.find("\"template\":{") != std::string::npos; }
  /// Not worth settling or trying again: typing and read marks.
  bool fleeting() const { return effect == EffectKind::typing || effect == EffectKind::seen; }
  std::int64_t intent() const { return key / 256; }
  /// What has to come back in an echo: the message's id with the number, less one, XORed into its last byte. So each
  /// part has an id of its own, and the only part of a message has the message's.
  Id id() const {
    Id part = message;
    part.bytes.back() = static_cast<std::uint8_t>(part.bytes.back() ^ (number - 1));
    return part;
  }
  OutboxRow row() const;
};

/// The handlers that one event goes through.
struct Chain {
  Turn* turn = nullptr;
  std::shared_ptr<const Settings> settings;  ///< those it began under; a reload changes the next one
  std::vector<std::size_t> handlers;         ///< positions in settings->handlers
  std::size_t at = 0;
  int attempt = 1;
  std::uint64_t call = 0;  ///< 0: no call is open
  bool replied = false;
  std::vector<std::string_view> failed;  ///< handlers that are still to see the event; not empty: quarantine
  std::string quarantine_reason;
  struct Step {
    std::size_t handler;
    Effect effect;
  };
  std::vector<Step> effects;
  std::vector<std::string> gates;  ///< scopes this chain holds
  /// Where its effects send to, if that had to be fetched: found, and held in memory until the chain ends; not found.
  std::vector<Conversation*> targets;
  std::vector<Id> unknown_targets;
};

/// The thread between an account and a contact: the unit of order.
struct Conversation {
  ConversationRow row;
  std::string thread;
  std::vector<std::string> other_names;  ///< what the thread was called before it moved, as far as it was asked for
  std::shared_ptr<Contact> contact;      ///< whom it is with; in a group, who began it
  std::vector<std::string> tags;
  std::map<std::string, std::string, std::less<>> attributes;
  std::string assigned;
  std::map<std::string, std::string, std::less<>> states;  ///< handler -> its state
  std::vector<std::int64_t> participants;                  ///< of a group: contacts known to be in it, by number
  std::vector<std::string> private_replies;                ///< comments that were answered in private
  std::int64_t priority = 0;
  int hops = 0;  ///< automatic answers in a row

  // Vectors, though they are queues: they are mostly empty, and an empty deque takes half a KiB, twenty thousand times.
  std::vector<Turn*> lane;
  std::unique_ptr<Chain> chain;
  std::vector<Turn*> waiting;                ///< turns whose chain has ended without an answer
  std::vector<std::unique_ptr<Part>> parts;  ///< in order
  std::int64_t timers = 0;
  std::int64_t targeted = 0;  ///< chains that are about to send here
  bool recalls = false;       ///< the event at the front of its lane is being fetched
  bool at_gate = false;       ///< its next chain waits for a scope that another one holds
  std::uint64_t lookup = 0;   ///< 0: none is under way
  Micros lookup_until = 0;
  std::int64_t read_record = kNone;  ///< the batched msg.read leaf of the batch being decided
  /// Loads below it were asked for before its newest form; their answers may bring an older one.
  std::uint64_t changed = 0;
  std::list<Conversation*>::iterator used;

  static constexpr std::int64_t kPublic = 1, kClosed = 2, kAnswered = 4, kGroup = 8;
  static constexpr std::size_t kMostParticipants = 256;  // kept; larger groups are known in part
  /// The contact follows, likes, has opted in; their message lies among the requests; a machine has said that it is
  /// one.
  static constexpr std::int64_t kFollows = 16, kLikes = 32, kOptedIn = 64, kAsks = 128, kDisclosed = 256;
  bool is(std::int64_t flag) const { return (row.flags & flag) != 0; }
  void set(std::int64_t flag, bool on) { row.flags = on ? row.flags | flag : row.flags & ~flag; }
  /// Counters that policy needs lie in the flags as well, since that row is written anyway.
  struct Counter {
    int at;
    std::int64_t most;
  };
  static constexpr Counter kSinceUser = {16, 0xFFFF}, kPublicTurns = {32, 0xFF}, kParticipants = {40, 0xFFFF};
  std::int64_t count(Counter counter) const { return row.flags >> counter.at & counter.most; }
  void count(Counter counter, std::int64_t to) {
    row.flags &= ~(counter.most << counter.at);
    row.flags |= (to < counter.most ? to : counter.most) << counter.at;
  }
  bool is_public() const { return row.flags & kPublic; }
  bool is_group() const { return row.flags & kGroup; }
  /// Notes what an event of a group tells of who is in it. Gives whether that has changed.
  bool note_participant(const Contact& who, const Event& event);
  /// May it leave memory?
  bool idle() const {
    return lane.empty() && !chain && waiting.empty() && parts.empty() && timers == 0 && targeted == 0 && lookup == 0 &&
           !at_gate;
  }
  Text doc() const;
  void read_doc(const std::string& doc);
  /// "context" of a handler's call (plugin-api/schema/context.schema.json).
  std::string context(const Turn& turn) const;
};

}  // namespace postern::core
