// SPDX-License-Identifier: Apache-2.0
// What a platform asks for in somebody's name: that they be forgotten at every account of its application. Each of
// their contacts is erased as if a tool had asked, and a code tells from outside how far that is.
#include <algorithm>
#include <utility>

#include "core/machine.hpp"

namespace postern::core {

void Core::Machine::deletion_asked(Step& step, DeletionAsked&& input) {
  const std::int64_t look = seen_.digest("deletion", input.proof).look;
  if (const DeletionRow* known = deletions_.repeated(look))
    return void(step.out.commit.emplace_back(DeletionTaken{input.webhook, known->code, true}));
  for (auto& [number, wish] : wishes_)
    if (wish.look == look) return wish.webhooks.push_back(input.webhook);
  const std::uint64_t number = next_number_++;
  Wish& wish = wishes_[number];
  wish.look = look;
  wish.webhooks.push_back(input.webhook);
  for (const auto& account : settings_->accounts) {
    if (std::ranges::find(input.sections, account.section) == input.sections.end()) continue;
    wish.platform = account.platform;
    wish.actor = account.actor;
    ++wish.left;
    FindSubject wanted{next_number_++, {}, account.name, input.user};
    searches_[wanted.search].wish = number;
    step.out.commit.emplace_back(std::move(wanted));
  }
  if (wish.left == 0) grant_wish(step, number);
}

void Core::Machine::wish_found(Step& step, std::uint64_t number, SubjectFound&& found) {
  Wish& wish = wishes_.at(number);
  // Nor is there anything left of whose erasure has ended since they were looked for.
  const bool just_erased = is_gone(found.contact) && !erasure_of(found.contact->id);
  if (found.contact && found.erased == kNone && !just_erased) wish.found.push_back(std::move(found));
  if (--wish.left == 0) grant_wish(step, number);
}

void Core::Machine::grant_wish(Step& step, std::uint64_t number) {
  const Wish wish = std::move(wishes_.extract(number).mapped());
  // Whose erasure an earlier request has brought about already has a code, which then tells of both.
  Id code{};
  for (const auto& found : wish.found)
    if (const Erasure* begun = erasure_of(found.contact->id); begun && !code) code = begun->row.code;
  if (!code) code = step.draw.id();
  Record& made = record(step, "subject.erase.received");
  if (!wish.actor.empty()) made.actor = wish.actor;
  made.platform = wish.platform;
  made.message = code;
  made.count = std::ssize(wish.found);
  made.decision = "callback";
  const DeletionRow row{made.index, code, wish.look, std::ssize(wish.found)};
  if (wish.found.empty()) {
    made.outcome = "unknown";
    step.out.once.emplace_back(Alarm{"deletion.unmatched",
                                     "a platform asks that somebody be forgotten whom its accounts do not know by that "
                                     "id (docs/audit.md, \"When a platform asks\")",
                                     {},
                                     {}});
  }
  step.out.rows.emplace_back(row);
  if (auto oldest = deletions_.add(row)) step.out.rows.emplace_back(std::move(*oldest));
  for (const auto& found : wish.found) erase_for(step, wish, found, row.request, code);
  for (const std::uint64_t webhook : wish.webhooks)
    step.out.commit.emplace_back(DeletionTaken{webhook, code, webhook != wish.webhooks.front()});
}

// The person's own word, which the platform vouches for, needs nobody's agreement.
void Core::Machine::erase_for(Step& step, const Wish& wish, const SubjectFound& found, std::int64_t cause,
                              const Id& code) {
  const Id& contact = found.contact->id;
  Erasure* erasure = erasure_of(contact);
  if (erasure == nullptr) {
    Command asked;
    asked.actor = wish.actor;
    asked.via = "callback";
    erasure = &request_erasure(step, asked, *found.contact, cause, code);
  } else if (!erasure->row.code) {
    erasure->row.code = code;
    step.out.rows.emplace_back(erasure->row);
  }
  if (const ApprovalRow* asked = approval_of(contact)) end_approval(step, asked->request, "approval.moot", "system");
  if (erasure->row.stage == 0) try_erasure(step, *erasure, found);
}

std::string_view Core::Machine::deletion_state(const Id& code) const {
  const DeletionRow* row = deletions_.find(code);
  if (row == nullptr) return "unknown";
  std::string_view state = row->contacts > 0 ? "done" : "nothing";
  for (const auto& [request, erasure] : erasures_) {
    if (erasure.row.code != code) continue;
    if (erasure.row.stage > 0 || erasure.row.basis.empty()) return "under-way";
    state = "deferred";
  }
  return state;
}

}  // namespace postern::core
