// SPDX-License-Identifier: Apache-2.0
// The broker as what local tools ask: what they want done, and what is put on record before they are answered.
#include "broker/broker.hpp"
#include "control/request.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::broker {
namespace {

constexpr std::size_t kMostDeferred = 1'000;  // as many as Control lets wait

}  // namespace

// With four batches at the writer nothing new is begun; that is over in milliseconds, unless the ledger is unwell.
bool Broker::once_there_is_room(std::function<void()> work) {
  if (batches_.full() && !links_.ledger_well()) return false;
  if (deferred_.size() >= kMostDeferred) return false;
  deferred_.push_back(std::move(work));
  begin_deferred();
  return true;
}

void Broker::begin_deferred() {
  while (!deferred_.empty() && !batches_.full()) {
    const auto work = std::move(deferred_.front());
    deferred_.pop_front();
    work();
  }
}

bool Broker::connect(std::uint64_t reply_to, std::string_view actor, const std::string& account) {
  return once_there_is_room([this, reply_to, actor, account] {
    core::Record record;
    record.type = "account.connected";
    record.actor = actor;
    record.account = core::intern(account);
    if (core_.knows_account(account)) note(std::move(record));
    batches_.open().commit.emplace_back(core::Connect{reply_to, account});
  });
}

bool Broker::trust(std::uint64_t reply_to, std::string_view actor, std::string section) {
  return once_there_is_room([this, reply_to, actor, section = std::move(section)] {
    core::Record record;
    record.type = "plugin.trusted";
    record.actor = actor;
    if (hosts_.has(section)) note(std::move(record));
    if (!links_.trust(reply_to, section)) too_busy(reply_to);
  });
}

bool Broker::command(core::Command&& command) {
  return once_there_is_room([this, command = std::move(command)]() mutable { decide(std::move(command)); });
}

// The record comes first: a file is handed over only when it is durable that it was.
bool Broker::read_file(std::uint64_t reply_to, std::string_view actor, std::int64_t record) {
  return once_there_is_room([this, reply_to, actor, record] {
    std::string params;
    core::JsonObject(params).add("media", record).end();
    if (record >= 0 && record <= committed_) {
      core::Record access;
      access.type = "access.read";
      access.actor = actor;
      access.cause = record;
      note(std::move(access));
    }
    batches_.open().commit.emplace_back(core::Query{reply_to, "media.get", std::move(params)});
  });
}

bool Broker::query(control::Query&& query, std::optional<core::Record>&& record) {
  if (!record) return links_.query(std::move(query));
  return once_there_is_room([this, query = std::move(query), record = std::move(*record)]() mutable {
    const std::uint64_t question = query.reply_to;
    questions_[question] = std::move(query);
    if (record.type == "key.rotate") return rotations_.push_back({std::move(record), question});
    decide(core::Noted{std::move(record), question});
  });
}

// Somebody who is to be forgotten, or looks whether they are. The mailbox is small, so that looking costs others
// nothing.
void Broker::take_deletions() {
  if (batches_.full() || !inbox_.deletions.drain(new_deletions_)) return;
  for (auto& call : new_deletions_) {
    if (!call.wish) {
      deletion_answers_.tell(call.id, call.code, core_.deletion_state(call.code));
      continue;
    }
    const auto webhook = static_cast<std::uint64_t>(call.id);
    core::DeletionAsked asked{webhook, call.wish->sections, std::move(call.wish->user), std::move(call.wish->proof)};
    wishes_.emplace(webhook, std::move(*call.wish));
    decide(std::move(asked));
  }
}

void Broker::granted(const core::DeletionTaken& taken) {
  if (const auto wish = wishes_.extract(taken.webhook))
    deletion_answers_.grant(static_cast<gateway::WebhookId>(taken.webhook), wish.mapped(), taken.code, taken.repeated);
}

void Broker::too_busy(std::uint64_t reply_to) {
  reply({reply_to, false, control::error_object(control::kBusy, "the daemon is busy; try again")});
}

void Broker::ask(std::uint64_t question) {
  auto asked = questions_.extract(question);
  if (asked && !links_.query(std::move(asked.mapped()))) too_busy(question);
}

}  // namespace postern::broker
