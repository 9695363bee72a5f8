// SPDX-License-Identifier: Apache-2.0
// Promise 1, the way in: a webhook is answered 200 only when its events are on record, and each of them is on record
// once, under one pseudonym for whoever sent it, until they are forgotten.
#pragma once
#include <map>
#include <set>

#include "core/event.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Acceptance : public Invariant {
 public:
  void committed(const core::Record& record) override {
    if (record.type == "subject.erase.requested") leaving_.insert(record.contact);
    if (!record.body || record.account.empty()) return;
    if (!record.type.starts_with("msg.") || record.type.starts_with("msg.out")) return;
    const auto event = core::parse_event(*record.body);
    if (!event || event->key.empty()) return;
    if (!recorded_.emplace(std::string(record.account), event->key).second)
      throw Violation("acceptance",
                      "event " + event->key + " of " + std::string(record.account) + " is on record twice");
    if (!event->sender.empty()) same(people_, {std::string(record.account), event->sender}, record.contact, "contact");
    // Somebody may have been met under the new name before the platform told of the move: then there are two.
    if (event->thread.find("-moved-") == std::string::npos)
      same(threads_, {std::string(record.account), event->thread}, record.conversation, "conversation");
  }
  void stored(const core::Row& row) override {
    if (const auto* conversation = std::get_if<core::ConversationRow>(&row))
      owners_[conversation->id] = conversation->contact;
  }
  void promised(const Promised& webhook) override {
    for (const auto& key : webhook.keys)
      if (!recorded_.contains({std::string(webhook.account), key}))
        throw Violation("acceptance", "a webhook of " + std::string(webhook.account) + " was answered before event " +
                                          key + " was on record");
  }

 private:
  using Name = std::pair<std::string, std::string>;
  void same(std::map<Name, Id>& known, const Name& name, const Id& id, const char* what) const {
    const auto [at, fresh] = known.emplace(name, id);
    if (fresh || at->second == id) return;
    const auto owner = owners_.find(at->second);
    if (!leaving_.contains(owner == owners_.end() ? at->second : owner->second))
      throw Violation("acceptance", name.second + " of " + name.first + " has become a second " + what);
    at->second = id;
  }
  std::set<Name> recorded_;
  std::map<Name, Id> people_, threads_;
  std::set<Id> leaving_;     ///< contacts
  std::map<Id, Id> owners_;  ///< of conversations
};

}  // namespace postern::simulation
