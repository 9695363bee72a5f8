// SPDX-License-Identifier: Apache-2.0
// How things stand with a contact, as policy asks for it: what changes it, and the questions that are made of it. The
// core while it runs and replay, which goes through the record, both use these functions, so that they cannot differ.
#pragma once
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/conversation.hpp"
#include "core/policy/fingerprints.hpp"

namespace postern::core {

/// What an event that is not ours changes in its conversation: who spoke last, and whether the window is open.
void observe(Conversation& conversation, const Event& event, const policy::Pack& pack, Micros now);

struct Learned {
  bool contact = false;                    ///< the contact's document has changed
  bool opted_in = false;                   ///< what waits for their consent may go on
  policy::Wish wish = policy::Wish::none;  ///< they have just asked for it, and it was not so before
};
/// What an event says of the contact, besides what it says to us. `sender` is who did it, in a group one of many.
Learned learn(Conversation& conversation, Contact& sender, const Event& event, const policy::Pack& pack,
              const policy::FingerprintKey& key);

/// What a contact's consent to a purpose changes; "all": a STOP is taken back, or said.
void set_consent(Contact& contact, const std::string& purpose, bool granted);

/// What a part's arrival changes. True if the contact has been told by it, for the first time, that a machine answers.
bool note_sent(Conversation& conversation, const Part& part, const policy::Pack& pack, Micros now);

/// What is on its way or unclear, else what may leave next if its state lets it: a parked part lets other messages
/// pass, but not the rest of its own. Null: there is nothing.
Part* front(const Conversation& conversation);

/// What a message is for: "service", "marketing", … Interned.
std::string_view purpose_of(const Effect& effect, policy::Author author);

/// The comment that a message answers.
struct Comment {
  std::string_view id;  ///< the platform's
  Micros at = 0;        ///< when it was made
};

/// Makes the questions. One of them is good until the next one is made: it may hold views of what lies here.
class Questions {
 public:
  void know(const policy::FingerprintKey& key) { key_ = key; }
  const policy::FingerprintKey& key() const { return key_; }
  /// Null: UTC alone is known.
  void know(const policy::Zones* zones) { zones_ = zones; }

  /// These contacts, by number, are one person; so are those that are the same as one of them. What has changed.
  std::vector<LinkRow> link(std::int64_t one, std::int64_t other);
  void restore(const LinkRow& row) { persons_[row.contact] = row.person; }
  /// The least number of those that are the same as this one: its own if there is none.
  std::int64_t person(std::int64_t contact) const;

  /// All that is known without the message itself. `account` is the account's key in the rate book.
  policy::Question about(const Conversation& conversation, std::int64_t account, policy::Author author, Micros now);
  /// A message that nobody has judged yet. `comment`, if not null, is what a private reply answers.
  policy::Question about(const Conversation& conversation, std::int64_t account, policy::Author author,
                         const Effect& effect, const Comment* comment, Micros now);
  /// A part that is judged again. Those of its conversation that are on their way have not been counted yet.
  policy::Question about(const Part& part, std::int64_t account, Micros now);

 private:
  policy::FingerprintKey key_{};
  const policy::Zones* zones_ = nullptr;
  std::unordered_map<std::int64_t, std::int64_t> persons_;  ///< of linked contacts
  std::vector<std::uint64_t> said_sorted_;                  ///< of the question that is being asked
};

}  // namespace postern::core
