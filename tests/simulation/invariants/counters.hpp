// SPDX-License-Identifier: Apache-2.0
// Promise: what rate limits and caps have counted survives every crash, exactly. At each start it is compared with a
// recount of all that was ever durable, which goes forward where the start itself looks back.
#pragma once
#include <map>
#include <unordered_map>
#include <vector>

#include "core/intent.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Counters : public Invariant {
 public:
  void committed(const core::Record& record) override {
    erases_ |= record.type == "subject.erase.requested";
    const std::int64_t part = record.cause * 256 + record.count.value_or(1);
    walls_.push_back(record.wall);
    if (record.type == "msg.out.intent" || (record.type == "policy.hold" && record.body))
      intents_[record.index] = record;
    if (record.type == "msg.out.intent") {
      maybe_[record.index * 256 + 1] = record.index;
    } else if (record.type == "policy.allow") {
      maybe_.erase(part);
      began_[record.index] = {record.cause, *record.count, record.wall};
    } else if (record.type == "msg.out.sent" || record.type == "msg.out.unknown" ||
               (record.type == "msg.out.failed" && !record.body)) {
      // It has ended and had no other beginning than the intent. What was given up without a try has none.
      const auto at = maybe_.find(part);
      if (at == maybe_.end()) return;
      if (!record.decision.ends_with(":given-up")) begin(at->second);
      maybe_.erase(at);
    }
  }
  void stored(const core::Row& row) override {
    if (const auto* part = std::get_if<core::OutboxRow>(&row)) outbox_[part->key] = *part;
    if (const auto* conversation = std::get_if<core::ConversationRow>(&row))
      conversations_[conversation->id] = *conversation;
  }
  void started(const core::Core& core, const core::Settings& settings, Micros wall) override {
    if (erases_) return;  // what was sent to somebody who is erased counts as a plain message from the next start on
    auto began = began_;
    for (const auto& [part, intent] : maybe_)
      if (const auto at = outbox_.find(part);
          at != outbox_.end() && !at->second.erase &&
          static_cast<core::PartState>(at->second.state) == core::PartState::sending)
        began[intent] = {intent, 1, intents_.at(intent).wall};
    core::policy::RateBook book;
    book.caps.share(settings.promotions());
    const Micros last = walls_.empty() ? 0 : walls_.back(), at = std::max(wall, last);
    // Where the clock has gone back, what was sent before may lie in the future. What is older than anything that a
    // short limit can ask for ends the look back, and so this.
    const Micros since = last - settings.rates_look_back(core::kTail);
    auto first = static_cast<std::int64_t>(walls_.size());
    while (first > 0 && walls_[static_cast<std::size_t>(first - 1)] > since) --first;
    for (const auto& [index, each] : began) count(settings, each, index >= first, book);
    if (book.counted(at) != core.rates().counted(at))
      throw Violation("counters", "a start has counted otherwise than all that is durable: " + shown(book, at) +
                                      " instead of " + shown(core.rates(), at));
  }

 private:
  bool erases_ = false;
  struct Began {
    std::int64_t intent, part;
    Micros at;
  };

  void begin(std::int64_t intent) { began_[intent] = {intent, 1, intents_.at(intent).wall}; }

  void count(const core::Settings& settings, const Began& began, bool lately, core::policy::RateBook& book) const {
    const core::Record& record = intents_.at(began.intent);
    const auto* account = settings.account(record.account);
    const auto intent = core::parse_intent(*record.body);
    if (account == nullptr || !intent) return;
    static const std::vector<core::Attachment> kMedia{{"media", "", ""}};
    const auto& conversation = conversations_.at(record.conversation);
    core::policy::Question question;
    question.author = intent->author;
    question.effect = intent->effect;
    question.public_ =
        conversation.flags & core::Conversation::kPublic && intent->effect != core::EffectKind::private_reply;
    question.attachments = intent->pieces.at(static_cast<std::size_t>(began.part - 1)).media ? &kMedia : nullptr;
    question.purpose = intent->purpose.empty() ? "service" : std::string_view(intent->purpose);
    question.now = began.at;
    question.account = account->key;
    question.contact = conversation.contact_number;
    question.retry = true;
    question.message = began.intent;
    if (lately || account->pack->count(question, nullptr) > core::kTail) account->pack->count(question, &book);
  }

  static std::string shown(const core::policy::RateBook& book, Micros at) {
    std::string out;
    for (const auto& [key, sent] : book.counted(at))
      out += std::string(key.first) + "/" + std::to_string(key.second) + " " + std::to_string(sent.size()) + ", ";
    return out.empty() ? "nothing" : out;
  }

  std::vector<Micros> walls_;                     ///< of all records, by index
  std::map<std::int64_t, core::Record> intents_;  ///< by index; also those that began as a hold
  std::map<std::int64_t, std::int64_t> maybe_;    ///< part -> intent with which its first attempt may have begun
  std::map<std::int64_t, Began> began_;           ///< by the record with which they began
  std::map<std::int64_t, core::OutboxRow> outbox_;
  std::unordered_map<Id, core::ConversationRow> conversations_;
};

}  // namespace postern::simulation
