// SPDX-License-Identifier: Apache-2.0
// Holds: what is in dispute is neither erased nor purged until the hold on it is released; what was put off meanwhile
// is then carried out by itself.
#include <algorithm>

#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kMostHolds = 10'000, kLongestReason = 1'000;
constexpr int kNotFound = -32004, kRefused = -32010, kInvalid = -32602;

std::string error(int code, std::string_view message) {
  std::string out;
  JsonObject(out).add("code", code).add("message", message).end();
  return out;
}

}  // namespace

// `found`: the contact, where it is one that is to be held.
Core::Machine::CommandAnswer Core::Machine::place_command(Step& step, const Command& input, const SubjectFound* found) {
  if (holds_.size() >= kMostHolds) return {false, error(kRefused, "10,000 holds are in force; release some")};
  if (input.text.size() > kLongestReason) return {false, error(kInvalid, "reason: expected at most 1000 bytes")};
  HoldRow row;
  Held about;
  if (found != nullptr) {
    about.contact = found->contact->id;
    about.account = found->contact->account;
    if (gone_.contains(about.contact) || found->erased != kNone)
      return {false, error(kRefused, "this contact is being erased, or was; its keys are gone")};
    row.scope = "contact:" + about.contact.hex();
  } else if (!input.conversation.empty()) {
    const Conversation* const conversation = named(input);
    if (!conversation) return {false, error(kNotFound, "no such conversation, or its contact was erased")};
    about = {conversation->row.account, conversation->row.contact, conversation->row.id};
    row.scope = "conversation:" + about.conversation.hex();
  } else if (!input.account.empty()) {
    const AccountState* const account = account_state(input.account);
    if (!account) return {false, error(kNotFound, "no such account: " + input.account)};
    about.account = account->settings->name;
    row.scope = "account:" + input.account;
  } else if (input.via == "all") {
    row.scope = "all";
  } else {
    return {false, error(kInvalid, "a hold is on a contact, a conversation, an account, or all")};
  }
  Record& made = record(step, "hold.placed");
  made.actor = input.actor;
  made.account = about.account;
  if (const AccountState* account = account_state(about.account)) made.platform = account->settings->platform;
  made.contact = about.contact;
  made.conversation = about.conversation;
  made.message = row.id = step.draw.id();
  made.decision = row.scope.substr(0, row.scope.find(':'));
  if (!input.text.empty()) {
    auto body = std::make_shared<std::string>();
    JsonObject(*body).add("reason", input.text).end();
    made.body = std::move(body);
    made.retention = "dm";
  }
  row.placed = made.index;
  step.out.rows.emplace_back(row);
  std::string out;
  JsonObject(out).add("hold", row.id.hex()).add("scope", row.scope).add("record", row.placed).end();
  holds_[row.id] = std::move(row);
  return {true, std::move(out)};
}

Core::Machine::CommandAnswer Core::Machine::release_command(Step& step, const Command& input) {
  const Id id = Id::from_hex(input.text).value_or(Id{});
  if (!takes_two(input.method) || !holds_.contains(id)) return release(step, id, input.actor);
  if (approvals_.size() >= kMostApprovals) return {false, error(kRefused, "10,000 requests wait for a second person")};
  const ApprovalRow& asked = ask_approval(step, input, id, holds_.at(id).placed);
  std::string out;
  JsonObject object(out);
  object.add("state", "waits").add("hold", id.hex()).add("approval", asked.request);
  object.add("until", rfc3339(asked.until)).end();
  return {true, std::move(out)};
}

Core::Machine::CommandAnswer Core::Machine::release(Step& step, const Id& hold, std::string_view actor) {
  const auto at = holds_.find(hold);
  if (at == holds_.end())
    return {false, error(kNotFound, "no such hold is in force; `posternctl hold list` shows those that are")};
  HoldRow row = std::move(at->second);
  holds_.erase(at);
  Record& made = record(step, "hold.released");
  made.actor = actor;
  made.message = row.id;
  made.cause = row.placed;
  row.released = made.index;
  std::string out;
  JsonObject(out).add("hold", row.id.hex()).add("scope", row.scope).add("record", row.released).end();
  step.out.rows.emplace_back(std::move(row));
  for (const auto& [request, erasure] : erasures_) look_again(step, request);
  std::vector<std::int64_t> due;
  for (const auto& [index, when] : shreds_)
    if (when <= step.now.wall) due.push_back(index);
  std::sort(due.begin(), due.end());
  for (const std::int64_t index : due) agenda_.add(step.now.wall, Agenda::What::shred, index);
  plan_retention(step, kMinute);
  return {true, std::move(out)};
}

Core::Machine::CommandAnswer Core::Machine::holds_command() const {
  std::vector<const HoldRow*> holds;
  for (const auto& [id, row] : holds_) holds.push_back(&row);
  std::sort(holds.begin(), holds.end(), [](const auto* a, const auto* b) { return a->placed < b->placed; });
  std::string rows = "[";
  for (const auto* row : holds) {
    if (rows.size() > 1) rows += ',';
    JsonObject(rows).add("hold", row->id.hex()).add("scope", row->scope).add("record", row->placed).end();
  }
  std::string deferred = "[";
  for (const auto& [request, erasure] : erasures_) {
    if (erasure.row.stage > 0) continue;
    if (deferred.size() > 1) deferred += ',';
    JsonObject object(deferred);
    object.add("request", request).add("contact", erasure.row.contact.hex()).add("account", erasure.row.account);
    object.add("basis", erasure.row.basis).end();
  }
  std::string out;
  JsonObject(out).raw("holds", rows + "]").raw("deferred", deferred + "]").end();
  return {true, std::move(out)};
}

// The first hold that covers it; null: none does. What is about nobody is covered by `all` alone.
const HoldRow* Core::Machine::hold_on(const Held& what) const {
  const HoldRow* found = nullptr;
  for (const auto& [id, row] : holds_) {
    const bool covers = row.scope == "all" || (what.contact && row.scope == "contact:" + what.contact.hex()) ||
                        (what.conversation && row.scope == "conversation:" + what.conversation.hex()) ||
                        (!what.account.empty() && row.scope == "account:" + std::string(what.account));
    if (covers && (found == nullptr || row.placed < found->placed)) found = &row;
  }
  return found;
}

void Core::Machine::restore_holds(Image& image) {
  for (auto& row : image.holds) holds_[row.id] = std::move(row);
}

}  // namespace postern::core
