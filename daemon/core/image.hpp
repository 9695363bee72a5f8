// SPDX-License-Identifier: Apache-2.0
// What the state is rebuilt from at start: what is pending, not history.
#pragma once
#include <string>
#include <vector>

#include "core/effect.hpp"
#include "core/event.hpp"
#include "core/policy/policy.hpp"
#include "core/row.hpp"

namespace postern::core {

struct Image {
  std::int64_t next_index = 0;             ///< the number of records
  Micros last_wall = 0;                    ///< t of the last record
  Micros copied = 0;                       ///< when this copy of the ledger was made; 0: it is none
  Micros restored = 0;                     ///< when a start was last made on a copy; 0: never
  std::string last_boot;                   ///< its b
  Micros last_boot_time = 0;               ///< its m
  std::vector<OpenTurnRow> open_turns;     ///< ascending
  std::vector<Text> open_events;           ///< the opened body of each open turn's record; null: shredded
  std::vector<Micros> open_received;       ///< t of each open turn's record
  std::vector<Id> open_ids;                ///< x of each open turn's record
  std::vector<OutboxRow> outbox;           ///< ascending
  std::vector<Text> intents;               ///< the opened body of each part's intent (the same Text for parts of one)
  std::vector<std::string> intent_actors;  ///< `a` of each part's intent
  std::vector<ConversationRow> conversations;  ///< those that open turns, parts and timers name, docs opened
  std::vector<ContactRow> contacts;            ///< theirs
  std::vector<TimerRow> timers;
  /// An attachment's file that is still to be fetched, with the record that it came with.
  struct Medium {
    MediumRow row;
    std::string_view account;  ///< interned
    Id contact{}, conversation{}, message{};
    Micros wall = 0;
    std::string_view retention;  ///< interned
    Text event;                  ///< null: shredded
  };
  std::vector<Medium> media;
  std::vector<ShredRow> shreds;
  std::vector<LinkRow> links;
  std::vector<HoldRow> holds;  ///< that are not released
  std::vector<ErasureRow> erasures;
  std::vector<ApprovalRow> approvals;
  std::vector<DeletionRow> deletions;  ///< the oldest first
  std::vector<StateRow> states;        ///< of scope account and all, and of the contacts above
  std::vector<CursorRow> cursors;
  std::vector<AccountRow> accounts;
  std::vector<TokenRow> tokens;
  std::vector<CommandRow> commands;  ///< the oldest first
  std::vector<PastAttempt> counted;  ///< table `attempt`, ascending
  std::vector<PastAttempt> sent;     ///< all that began within the longest limit up to kTail, the oldest first
  std::vector<SeenRow> seen;         ///< the newest by sent_at, at most Settings::seen_in_memory
  Micros seen_before = 0;            ///< whatever is older than this (sent_at) may be on disk only; 0: nothing is
  std::vector<Id> spares;
};

}  // namespace postern::core
