// SPDX-License-Identifier: Apache-2.0
// A contact whose erasure is on record is nowhere on the disk, and nothing more is sealed for them; nor does a body go
// without a record that covers it.
#pragma once
#include <map>
#include <set>

#include "disk.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Forgotten : public Invariant {
 public:
  explicit Forgotten(const Disk& disk) : disk_(disk) {}

  void committed(const core::Record& record) override {
    if (record.body && keyless_.contains(record.contact))
      throw Violation("forgotten", "record " + std::to_string(record.index) + " is sealed for somebody who is erased");
    if (record.type == "subject.erased" && record.outcome == "ok") erased_[record.contact] = record.index;
  }
  void stored(const core::Row& row) override {
    if (const auto* keys = std::get_if<core::KeysGone>(&row)) keyless_.insert(keys->contact);
    const auto* erasure = std::get_if<core::ErasureRow>(&row);
    if (erasure && erasure->erase) check(erasure->contact);
  }
  void ended(Micros) override {
    for (const auto& [contact, record] : erased_) check(contact);
    if (!disk_.erasures().empty()) throw Violation("forgotten", "an erasure has not come to its end");
  }

 private:
  void check(const Id& contact) const {
    const auto left = [&](const std::string& what) {
      throw Violation("forgotten", what + " of the erased contact " + contact.hex() + " is left");
    };
    for (const auto& record : disk_.records())
      if (record.contact == contact && record.body) left("the body of record " + std::to_string(record.index));
    for (const auto& [key, row] : disk_.states())
      if (row.contact == contact) left("a handler's state");
    for (const auto& [number, row] : disk_.contacts())
      if (row.id == contact && row.doc) left("the profile");
    for (const auto& [number, row] : disk_.conversations())
      if (row.contact == contact) check(row);
  }
  void check(const core::ConversationRow& conversation) const {
    const auto left = [&](const std::string& what) {
      throw Violation("forgotten", what + " of the erased conversation " + conversation.id.hex() + " is left");
    };
    if (conversation.doc) left("the document");
    const auto of = [&](const auto& row) { return row.second.conversation == conversation.number; };
    if (std::ranges::any_of(disk_.open_turns(), of)) left("an open turn");
    if (std::ranges::any_of(disk_.outbox(), of)) left("a part in the outbox");
    if (std::ranges::any_of(disk_.timers(), of)) left("a timer");
  }

  const Disk& disk_;
  std::set<Id> keyless_;
  std::map<Id, std::int64_t> erased_;
};

}  // namespace postern::simulation
