// SPDX-License-Identifier: Apache-2.0
// Promise 5: within a conversation events are handled one at a time in the order of their records, and parts leave in
// their order; a handler that counts over all conversations sees one event at a time.
#pragma once
#include <map>
#include <set>

#include "core/conversation.hpp"
#include "disk.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Order : public Invariant {
 public:
  explicit Order(const Disk& disk) : disk_(disk) {}

  void decided(const core::Record& record) override {
    // The calls of a conversation whose contact is erased are given up, in a group those about others, too, and so is
    // one that is decided and has not left: their answers count for nothing, and nobody waits for them.
    if (record.type == "subject.erase.requested") {
      erased_.insert(record.contact);
      std::erase_if(calls_, [&](const auto& each) { return each.second.contact == record.contact; });
    }
    if (record.type == "msg.replayed")
      events_[record.message.hex()] = record.index;  // it takes its place anew
    else if (record.message && !record.type.starts_with("policy.") && !record.type.starts_with("msg.out"))
      events_.emplace(record.message.hex(), record.index);
  }
  void called(const core::Handle& handle) override;
  void returned(std::uint64_t call, const core::Handled*) override { calls_.erase(call); }
  void stored(const core::Row& row) override;
  void left(const Request& request) override;
  void crashed() override {
    calls_.clear();
    newest_.clear();
    events_.clear();
    for (const auto& record : disk_.records())  // a start takes up what is open in the order of the records
      if (record.type != "msg.replayed") decided(record);
  }

 private:
  struct Call {
    std::string conversation, scope;
    Id contact{};  ///< whose conversation it is
  };
  Id contact_of(std::string_view conversation) const;

  const Disk& disk_;
  std::map<std::string, std::int64_t> events_, newest_;  ///< by event, by conversation
  std::map<std::uint64_t, Call> calls_;
  std::set<Id> erased_;  ///< contacts
  std::set<Id> parked_;  ///< messages of which a part has been parked
};

}  // namespace postern::simulation
