// SPDX-License-Identifier: Apache-2.0
// Batches that look like those of a busy broker, for tests and the bench.
#pragma once
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "core/image.hpp"
#include "core/interned.hpp"
#include "core/seen.hpp"
#include "ledger/writer.hpp"

namespace postern::ledger::test {

/// Makes answered messages, three records each, in the order in which a core would: a batch holds the arrivals of its
/// own messages, the intents of those before and the results of those before these.
class Traffic {
 public:
  explicit Traffic(Store& store) : Traffic(store, store.take_image()) {}
  Traffic(const Store& store, const core::Image& image)
      : seen_(store.seen_key(), 0), next_(image.next_index), spares_(image.spares) {
    wall_ = std::max(wall_, image.last_wall);
    boot_ = std::max(boot_, image.last_boot_time);
  }

  void add_spares(const std::vector<Id>& ids) { spares_.insert(spares_.end(), ids.begin(), ids.end()); }

  Batch start() {
    Batch batch;
    record(batch, "audit.start");
    return batch;
  }

  /// `messages` new ones; each person writes again and again, `people` in all.
  Batch batch(std::size_t messages, std::size_t people = 50) {
    Batch batch;
    std::vector<Open> arrived;
    for (std::size_t at = 0; at < messages; ++at) arrived.push_back(arrive(batch, person(at, people)));
    for (auto& message : arrived_) intend(batch, message);
    for (auto& message : intended_) settle(batch, message);
    intended_ = std::move(arrived_);
    arrived_ = std::move(arrived);
    return batch;
  }

  /// Ends the key epoch.
  Batch rotate() {
    Batch batch;
    record(batch, "key.rotate");
    return batch;
  }

  std::int64_t next() const { return next_; }
  /// The look-up key of an event, and the key of the n-th event that was made.
  std::int64_t look(std::string_view key) const { return seen_.digest(account_, key).look; }
  static std::string key(std::int64_t n) { return "key-" + std::to_string(n); }
  static std::string thread(std::size_t person) { return "thread-" + std::to_string(person) + "-canary"; }
  static std::string sender(std::size_t person) { return "sender-" + std::to_string(person) + "-canary"; }

  struct Person {
    core::ConversationRow conversation;
    std::size_t number = 0;
  };
  const std::map<std::size_t, Person>& people() const { return people_; }
  std::int64_t events() const { return keys_; }

 private:
  struct Open {
    std::size_t person;
    std::int64_t arrival, intent;
    Id message;
  };

  std::size_t person(std::size_t at, std::size_t people) { return (made_++ + at * 7) % people; }

  core::Record& record(Batch& batch, std::string_view type) {
    core::Record made;
    made.index = next_++;
    made.wall = wall_ += 10'000;
    made.boot = boot_ += 10'000;
    made.boot_id = {'0', 'f', '3', 'c', '9', 'a', '7', '1'};
    made.type = type;
    batch.records.push_back(std::move(made));
    return batch.records.back();
  }
  core::Record& record(Batch& batch, std::string_view type, const Person& person) {
    auto& made = record(batch, type);
    made.account = account_;
    made.platform = platform_;
    made.contact = person.conversation.contact;
    made.conversation = person.conversation.id;
    made.retention = "dm";
    return made;
  }

  Open arrive(Batch& batch, std::size_t number) {
    auto [at, fresh] = people_.try_emplace(number);
    auto& person = at->second;
    auto& conversation = person.conversation;
    if (fresh) {
      person.number = number;
      conversation.number = conversation.contact_number = next_;
      conversation.id = crypto::random_id();
      conversation.contact = spares_.empty() ? crypto::random_id() : spares_.back();
      if (!spares_.empty()) spares_.pop_back();
      conversation.account = account_;
      conversation.doc = text_of(R"({"thread":")" + thread(number) + R"("})");
      batch.rows.emplace_back(
          core::ContactRow{next_, conversation.contact, account_,
                           text_of(R"({"sender":")" + sender(number) + R"(","name":"Rita canary"})")});
      batch.rows.emplace_back(core::IdentityRow{true, account_, thread(number), conversation.id, next_});
      batch.rows.emplace_back(core::IdentityRow{false, account_, sender(number), conversation.contact, next_});
    }
    auto& made = record(batch, "msg.in", person);
    made.actor = actor_;
    made.message = crypto::random_id();
    const auto key = Traffic::key(keys_++);
    made.body = text_of(R"({"kind":"message","thread":")" + thread(number) + R"(","sender":{"id":")" + sender(number) +
                        R"("},"key":")" + key + R"(","sent_at":"2026-01-01T00:00:00.001Z","user_action":true,"text":"plaintext canary )" +
                        std::string(300, 'x') + R"("})");
    batch.rows.emplace_back(core::SeenRow{look(key), made.index, made.wall});
    batch.rows.emplace_back(core::OpenTurnRow{made.index, conversation.number, made.wall + kHour, 0, false});
    touch(batch, person, made);
    return {number, made.index, core::kNone, made.message};
  }
  void intend(Batch& batch, Open& message) {
    auto& person = people_.at(message.person);
    auto& made = record(batch, "msg.out.intent", person);
    made.actor = handler_;
    made.message = message.message;
    made.cause = message.arrival;
    made.decision = "allow/msgr.window:59058ea978258e2f";
    made.count = 1;
    made.body = text_of(R"({"effect":"reply","author":"bot","parts":[{"text":"the answer canary )" +
                        std::string(200, 'y') + R"("}]})");
    message.intent = made.index;
    batch.rows.emplace_back(core::OutboxRow{made.index * 256 + 1, person.conversation.number, message.arrival,
                                            message.message, 2, 1, made.wall + kMinute, made.wall, 1, false});
    touch(batch, person, made);
  }
  void settle(Batch& batch, const Open& message) {
    auto& person = people_.at(message.person);
    auto& made = record(batch, "msg.out.sent", person);
    made.message = message.message;
    made.cause = message.intent;
    made.count = 1;
    made.body = text_of(R"({"id":"m_canary_)" + std::to_string(message.intent) + R"("})");
    core::OutboxRow part;
    part.key = message.intent * 256 + 1;
    part.erase = true;
    batch.rows.emplace_back(part);
    core::OpenTurnRow turn;
    turn.index = message.arrival;
    turn.erase = true;
    batch.rows.emplace_back(turn);
    batch.rows.emplace_back(
        core::TurnRow{message.arrival, person.conversation.number, made.wall - kSecond, made.wall, "answered", "bot"});
    touch(batch, person, made);
  }
  void touch(Batch& batch, Person& person, const core::Record& made) {
    person.conversation.last_in = made.wall;
    person.conversation.last_record = made.index;
    batch.rows.emplace_back(person.conversation);
    person.conversation.doc = nullptr;
  }
  static core::Text text_of(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

  const std::string_view account_ = core::intern("acme-messenger"), platform_ = core::intern("messenger"),
                         actor_ = core::intern("plugin:messenger@1.0.0"), handler_ = core::intern("plugin:stock@1.2.0");
  const core::Seen seen_;
  std::int64_t next_, keys_ = 0;
  std::size_t made_ = 0;
  Micros wall_ = 1'767'225'600'000'000, boot_ = 5'000'000;
  std::vector<Id> spares_;
  std::map<std::size_t, Person> people_;
  std::vector<Open> arrived_, intended_;
};

}  // namespace postern::ledger::test
