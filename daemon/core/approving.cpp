// SPDX-License-Identifier: Apache-2.0
// What two people have to agree to, if the configuration wants it: the one who asks is told the number of the request,
// and somebody else, who is another local user, says yes. Until then an erasure is put off like one under a hold.
#include <algorithm>

#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr int kNotFound = -32004, kRefused = -32010;

std::string error(int code, std::string_view message) {
  std::string out;
  JsonObject(out).add("code", code).add("message", message).end();
  return out;
}

}  // namespace

bool Core::Machine::takes_two(std::string_view method) const {
  return std::ranges::find(settings_->two_persons, method) != settings_->two_persons.end();
}

const ApprovalRow* Core::Machine::approval_of(const Id& about) const {
  for (const auto& [request, row] : approvals_)
    if (row.about == about) return &row;
  return nullptr;
}

// `cause`: the record of what is to be done, or of what it is about. Asked for again, it is the same request.
const ApprovalRow& Core::Machine::ask_approval(Step& step, const Command& input, const Id& about, std::int64_t cause) {
  if (const ApprovalRow* asked = approval_of(about)) return *asked;
  Record& made = record(step, "approval.requested");
  made.actor = input.actor;
  made.outcome = "deferred";
  made.cause = cause;
  made.decision = input.method;
  const bool erases = input.method == "contact.erase";
  (erases ? made.contact : made.message) = about;
  const ApprovalRow row{
      made.index, intern(input.method), about, input.actor, cause, step.now.wall + settings_->approval_time};
  agenda_.add(row.until, Agenda::What::approval, row.request);
  step.out.rows.emplace_back(row);
  return approvals_[row.request] = row;
}

// Ends it, on record; the row that is given back is in memory no more.
ApprovalRow Core::Machine::end_approval(Step& step, std::int64_t request, std::string_view type,
                                        std::string_view actor) {
  ApprovalRow row = approvals_.extract(request).mapped();
  Record& made = record(step, type);
  made.actor = actor;
  made.cause = request;
  made.decision = row.method;
  (row.method == "contact.erase" ? made.contact : made.message) = row.about;
  if (type == "approval.refused" || type == "approval.expired") made.outcome = "refused";
  row.erase = true;
  step.out.rows.emplace_back(row);
  return row;
}

// Who has asked cannot agree. To say no whoever has the role is enough, the one who asked as well.
Core::Machine::CommandAnswer Core::Machine::approval_command(Step& step, const Command& input, bool agrees) {
  const auto at = approvals_.find(input.index);
  if (at == approvals_.end())
    return {false, error(kNotFound, "no request of that number waits; `posternctl approvals` shows those that do")};
  if (agrees && at->second.asker == input.actor) {
    Record& made = record(step, "approval.given");
    made.actor = input.actor;
    made.outcome = "refused";
    made.cause = input.index;
    made.decision = at->second.method;
    return {false, error(kRefused, "you have asked for this yourself: somebody else has to agree")};
  }
  const ApprovalRow row = end_approval(step, input.index, agrees ? "approval.given" : "approval.refused", input.actor);
  if (agrees && row.method == "hold.release") return release(step, row.about, input.actor);
  if (agrees) look_again(step, row.cause);
  if (!agrees && row.method == "contact.erase") deny_erasure(step, row.cause, "approval.refused");
  std::string out;
  JsonObject(out)
      .add("approval", row.request)
      .add("method", row.method)
      .add("state", agrees ? "approved" : "refused")
      .end();
  return {true, std::move(out)};
}

void Core::Machine::approval_due(Step& step, std::int64_t request) {
  const auto at = approvals_.find(request);
  if (at == approvals_.end() || at->second.until > step.now.wall) return;
  expire_approval(step, request);
}

void Core::Machine::expire_approval(Step& step, std::int64_t request) {
  const ApprovalRow row = end_approval(step, request, "approval.expired", "system");
  if (row.method == "contact.erase") deny_erasure(step, row.cause, "approval.expired");
}

// An erasure that nobody has agreed to is over; asked for again, it begins anew.
void Core::Machine::deny_erasure(Step& step, std::int64_t request, std::string_view basis) {
  auto ended = erasures_.extract(request);
  if (!ended) return;
  ErasureRow& row = ended.mapped().row;
  row.erase = true;
  step.out.rows.emplace_back(row);
  const AccountState* const account = account_state(row.account);
  Record& made = record(step, "subject.erase.refused");
  made.outcome = "refused";
  made.account = row.account;
  if (account) made.platform = account->settings->platform;
  made.contact = row.contact;
  made.cause = request;
  made.decision = basis;
}

Core::Machine::CommandAnswer Core::Machine::approvals_command() const {
  std::string rows = "[";
  for (const auto& [request, row] : approvals_) {
    if (rows.size() > 1) rows += ',';
    JsonObject object(rows);
    object.add("approval", request).add("method", row.method).add("asker", row.asker);
    object.add(row.method == "contact.erase" ? "contact" : "hold", row.about.hex());
    object.add("until", rfc3339(row.until)).end();
  }
  std::string out;
  JsonObject(out).raw("approvals", rows + "]").end();
  return {true, std::move(out)};
}

void Core::Machine::restore_approvals(Image& image) {
  for (const auto& row : image.approvals) {
    approvals_[row.request] = row;
    agenda_.add(row.until, Agenda::What::approval, row.request);
  }
}

}  // namespace postern::core
