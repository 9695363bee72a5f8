// SPDX-License-Identifier: Apache-2.0
// What tools ask the ledger for, in pages. Each function is one job's work or part of it; whoever shows what they give
// records the reading (access.read) first.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "ledger/view.hpp"

namespace postern::ledger {

inline constexpr std::size_t kPage = 200;  ///< rows or records at most

/// A record with its opened body.
struct OpenedRecord {
  std::int64_t index = core::kNone;
  std::string leaf;  ///< the bytes that were hashed
  core::Text body;   ///< null: none, or erased
};

/// A conversation and the contact it is with.
struct ListedConversation {
  core::ConversationRow conversation;
  std::optional<core::ContactRow> contact;
};

/// Those made before record `before`, newest first. For the next page: the last one's number.
Result<std::vector<ListedConversation>> list_conversations(View& view, std::int64_t before, std::size_t limit);
/// One of them by its pseudonym.
Result<std::optional<ListedConversation>> find_conversation(View& view, const Id& conversation);
/// A conversation's records with an index below `before`, newest first, opened.
Result<std::vector<OpenedRecord>> conversation_records(View& view, const Id& conversation, std::int64_t before,
                                                       std::size_t limit);
/// The leaves from record `first` on, as they were hashed.
Result<std::vector<std::string>> leaves(View& view, std::int64_t first, std::size_t limit);
/// The newest leaves of one type, newest first, among the last `among` records: there is no index of types.
Result<std::vector<std::string>> newest_leaves(View& view, std::string_view type, std::size_t limit,
                                               std::int64_t among);
/// The leaves from record `first` on, below `before`, of the types that begin so; with their records, ascending.
Result<std::vector<std::pair<std::int64_t, std::string>>> leaves_of_kind(View& view, std::string_view beginning,
                                                                         std::int64_t first, std::int64_t before);
/// How many records are committed.
std::int64_t record_count(View& view);
/// Ended turns after record `after`, ascending.
Result<std::vector<core::TurnRow>> turns(View& view, std::int64_t after, std::size_t limit);

}  // namespace postern::ledger
