// SPDX-License-Identifier: Apache-2.0
// What is held about one contact, for that contact (GDPR 15 and 20): all of it, and nobody else's words. The same
// bytes as long as nothing new is said. One thread at a time.
#pragma once
#include <filesystem>
#include <vector>

#include "ledger/view.hpp"

namespace postern::bag {

struct SubjectExport {
  std::uint64_t records = 0;
  std::vector<Id> linked;  ///< other contacts that are on record as the same person
};

/// Writes a bag into `folder`, which must not exist or be empty: profile.json, messages.jsonl, messages.csv, a page for
/// each conversation, the files that came with messages in media/, README.txt. `with_linked`: the same of the contacts
/// that are on record as the same person, each with a profile of its own; else the profile names them. Of a private
/// conversation everything; in a group what the contact did, and what the brand answered to that; and no record of who
/// has read or exported.
Result<SubjectExport> export_subject(ledger::View& view, const std::filesystem::path& folder, const Id& contact,
                                     bool with_linked = false);

}  // namespace postern::bag
