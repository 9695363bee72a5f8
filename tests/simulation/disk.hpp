// SPDX-License-Identifier: Apache-2.0
// What is durable: records and projections, as the ledger keeps them. It outlives every process.
#pragma once
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/action.hpp"
#include "core/image.hpp"
#include "core/input.hpp"
#include "dice.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Disk {
 public:
  struct Batch {
    std::vector<core::Record> records;
    std::vector<core::Row> rows;
  };

  /// One transaction: all of it, or nothing.
  void commit(Batch&& batch, const std::vector<Invariant*>& watching);

  /// keys.db commits before the ledger, and a crash may come between.
  void commit_keys(const Batch& batch);

  /// What a process starts from. The newest events' keys come along or are left to be looked up, as `dice` will have
  /// it.
  core::Image image(const core::Settings& settings, Dice& dice) const;
  /// What the loader finds.
  core::Loaded load(const core::Load& load) const;
  /// Makes subjects ahead, for the core's input Spares.
  std::vector<Id> make_spares(Dice& dice, std::size_t count);

  const std::deque<core::Record>& records() const { return records_; }
  const std::map<std::int64_t, core::OutboxRow>& outbox() const { return outbox_; }
  const std::map<std::int64_t, core::PastAttempt>& attempts() const { return attempts_; }
  const std::map<std::int64_t, core::OpenTurnRow>& open_turns() const { return open_turns_; }
  const std::map<std::int64_t, core::TurnRow>& turns() const { return turns_; }
  const core::ConversationRow* conversation(std::int64_t number) const;
  /// One of all; null if there is none.
  const core::ConversationRow* any_conversation(Dice& dice) const;
  const std::map<std::int64_t, core::StateRow>& states() const { return states_; }
  const std::map<std::string_view, core::TokenRow>& tokens() const { return tokens_; }
  const std::map<std::int64_t, core::ConversationRow>& conversations() const { return conversations_; }

  const std::map<std::int64_t, core::MediumRow>& media() const { return media_; }
  const std::map<std::int64_t, core::ShredRow>& shreds() const { return shreds_; }
  /// What has to go with this record, as the ledger's keeper finds it.
  core::BodiesFound find_bodies(std::int64_t index) const;
  /// What there is of a contact, and what is left of one that is being erased.
  core::SubjectFound find_subject(const core::FindSubject& wanted) const;
  core::RemainsFound find_remains(const core::FindRemains& wanted) const;
  core::OldFound find_old(const core::FindOld& wanted) const;
  const std::map<Id, core::HoldRow>& holds() const { return holds_; }  ///< that are not released
  const std::map<std::int64_t, core::ErasureRow>& erasures() const { return erasures_; }
  const std::map<std::int64_t, core::ApprovalRow>& approvals() const { return approvals_; }
  const std::map<std::int64_t, core::ContactRow>& contacts() const { return contacts_; }
  const std::map<std::int64_t, core::TimerRow>& timers() const { return timers_; }

 private:
  using Name = std::pair<std::string, std::string>;  ///< account and what its platform calls somebody

  void put(const core::ConversationRow& row);
  void put(const core::ContactRow& row);
  void put(const core::OpenTurnRow& row);
  void put(const core::TurnRow& row) { turns_[row.index] = row; }
  void put(const core::OutboxRow& row);
  void put(const core::TimerRow& row);
  void put(const core::StateRow& row) { states_[row.key] = row; }
  void put(const core::CursorRow& row) { cursors_[row.account] = row; }
  void put(const core::SeenRow& row) { seen_.emplace(row.look, row); }
  void put(const core::IdentityRow& row) {
    (row.thread ? threads_ : people_)[{std::string(row.account), row.string}] = row;
  }
  void put(const core::AccountRow& row) { accounts_[row.account] = row; }
  void put(const core::CommandRow& row);
  void put(const core::TokenRow& row) { tokens_[row.account] = row; }
  void put(const core::MediumRow& row);
  void put(const core::ShredRow& row);
  void put(const core::LinkRow& row) { links_[row.contact] = row; }
  void put(const core::PastAttempt& row) { attempts_[row.index] = row; }
  void put(const core::BodyGone& row) {
    records_[static_cast<std::size_t>(row.index)].body = nullptr;
    shredded_.insert(row.index);
  }
  void put(const core::ErasureRow& row);
  void put(const core::KeysGone& row);
  void put(const core::HoldRow& row);
  void put(const core::ApprovalRow& row);
  void put(const core::DeletionRow& row) { deletions_[row.request] = row; }
  void put(const core::MonthGone&) {}
  void put(const core::RestoredRow&) {}
  void put(const core::ContactGone& row);
  void add_named(core::Image& image) const;
  void add_sent(core::Image& image, Micros since) const;
  void add_seen(core::Image& image, std::size_t capacity, bool leave_on_disk) const;
  void add_states(std::vector<core::StateRow>& to, const Id& contact) const;

  std::deque<core::Record> records_;
  std::set<std::int64_t> shredded_;  ///< records that had a body
  std::map<std::int64_t, core::ConversationRow> conversations_;
  std::map<std::int64_t, core::ContactRow> contacts_;
  std::map<std::int64_t, core::OpenTurnRow> open_turns_;
  std::map<std::int64_t, core::TurnRow> turns_;
  std::map<std::int64_t, core::OutboxRow> outbox_;
  std::map<std::int64_t, core::TimerRow> timers_;
  std::map<std::int64_t, core::StateRow> states_;
  std::map<std::string_view, core::CursorRow> cursors_;
  std::map<std::string_view, core::AccountRow> accounts_;
  std::map<std::int64_t, core::CommandRow> commands_;
  std::map<std::string_view, core::TokenRow> tokens_;
  std::map<std::int64_t, core::MediumRow> media_;
  std::map<std::int64_t, core::ShredRow> shreds_;
  std::map<std::int64_t, core::LinkRow> links_;
  std::map<std::int64_t, core::PastAttempt> attempts_;
  std::map<std::int64_t, core::ErasureRow> erasures_;
  std::map<Id, core::HoldRow> holds_;
  std::map<std::int64_t, core::ApprovalRow> approvals_;
  std::map<std::int64_t, core::DeletionRow> deletions_;
  std::multimap<std::int64_t, core::SeenRow> seen_;
  std::map<Name, core::IdentityRow> threads_, people_;
  std::set<Id> spares_;
};

}  // namespace postern::simulation
