// SPDX-License-Identifier: Apache-2.0
// What the ledger holds, as docs/protocol.md shows it. Here content and names become visible: whoever asks for this
// puts the reading on record.
#pragma once
#include <string>

#include "core/json_text.hpp"
#include "ledger/query.hpp"

namespace postern::control {

/// Adds id, account, contact and times of a conversation, and how many of its messages wait for an answer.
void add_conversation(core::JsonObject& object, const ledger::ListedConversation& listed, std::int64_t waiting);

/// The people of a group, by pseudonym and as they are called.
std::string participants_json(const std::vector<core::ContactRow>& people);

/// A record with its opened body.
Result<std::string> record_json(const ledger::OpenedRecord& record);

}  // namespace postern::control
