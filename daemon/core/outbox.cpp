// SPDX-License-Identifier: Apache-2.0
// The outbox: parts leave in the order of their conversation, each attempt judged anew.
#include <algorithm>
#include <utility>

#include "core/intent.hpp"
#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

using policy::Verdict;

// 1, 2, 4 … 300 s, and up to a quarter more, so that what failed together does not come back together.
Micros back_off(std::int64_t attempt, Draw& draw) {
  const Micros base = std::min<Micros>(kSecond << std::min<std::int64_t>(attempt - 1, 9), 300 * kSecond);
  return base + draw.number(base / 4 + 1);
}

}  // namespace

// The leaf's alphabet; anything else in a platform's code becomes `-`.
std::string Core::Machine::leaf_text(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64))
    out += std::string_view("._:/@+=-").find(c) != std::string_view::npos || (c >= '0' && c <= '9') ||
                   (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
               ? c
               : '-';
  return out;
}

// Lets leave what may leave. A part that is on its way, unclear, held or waits for its next try holds those behind it.
void Core::Machine::pump(Step& step, Conversation& conversation) {
  while (Part* part = front(conversation)) {
    if (part->state != PartState::queued) return;
    const std::size_t before = conversation.parts.size();
    try_attempt(step, *part);
    if (conversation.parts.size() == before) return;  // it is on its way, or waits; else it is gone: the next one
  }
}

void Core::Machine::try_attempt(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  if (!account.paused.empty()) return;  // resume_account() comes back to it
  const policy::Pack& pack = *account.settings->pack;
  policy::Question asked = question(step, part);
  const std::string said = said_by(part);
  asked.text = said;
  const Verdict verdict = judge(conversation, asked);
  if (verdict.outcome == Verdict::Outcome::deny) return refuse(step, part, judge(conversation, asked, true));
  if (verdict.outcome == Verdict::Outcome::hold) {
    const Micros until = std::max(verdict.until, step.now.wall + kMilli);
    // Those that wait for one rate wake together and one of them leaves: that the others wait on is no news.
    if (verdict.awaits == policy::Awaits::time && std::exchange(part.hold_on_record, true)) {
      part.state = PartState::held;
      part.due = until;
      return agenda_.add(until, Agenda::What::part, part.key);
    }
    Record& made = record(step, "policy.hold", conversation);
    made.actor = part.actor;
    made.outcome = "deferred";
    made.cause = part.intent();
    made.message = part.message;
    made.count = part.number;
    made.decision = pack.decision(verdict);
    if (verdict.awaits != policy::Awaits::time)
      return set_part(step, part, waiting_for(verdict.awaits), step.now.wall + settings_->hold_at_most);
    return set_part(step, part, PartState::held, until);
  }
  if (planted(Bug::attempt_without_verdict)) return attempt(step, part);
  Record& made = record(step, "policy.allow", conversation);
  made.actor = part.actor;
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  made.decision = pack.decision(verdict);
  attempt(step, part);
}

// The verdict is on record in this batch; the request leaves when it is durable.
void Core::Machine::attempt(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  const AccountSettings& settings = *account.settings;
  const policy::Question asked = question(step, part);
  if (settings.pack->count(asked, &rates_) > kTail)
    step.out.rows.emplace_back(PastAttempt{next_index_ - 1, settings.name, asked.contact, part.effect, part.author,
                                           part.media, part.purpose, part.text_hash, part.public_, asked.now,
                                           part.intent()});
  ++part.attempt;
  part.hold_on_record = false;
  part.sequence = ++account.sequence;
  set_part(step, part, PartState::sending, 0);
  Attempt action{part.key, part.attempt, settings.name, settings.section, {}};
  action.task.reserve(part.content.size() + 256);
  JsonObject task(action.task);
  task.add("task", part.id().hex()).add("kind", "part").add("account", settings.name);
  task.add_if("account_key", settings.account_key).raw("options", settings.options).add("thread", conversation.thread);
  task.add("visibility", part.public_ ? "public" : "private").raw("part", part.content).end();
  auto& when = planted(Bug::attempt_before_commit) ? step.out.once : step.out.commit;
  when.emplace_back(std::move(action));
}

void Core::Machine::set_part(Step& step, Part& part, PartState state, Micros due) {
  part.state = state;
  part.due = due;
  if (due > 0) agenda_.add(due, Agenda::What::part, part.key);
  step.out.rows.emplace_back(part.row());
}

void Core::Machine::attempted(Step& step, Attempted&& input) {
  const auto at = parts_.find(input.part);
  if (at == parts_.end() || at->second->state != PartState::sending || at->second->attempt != input.attempt) return;
  Part& part = *at->second;
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  using Outcome = Attempted::Outcome;
  // It has left with a token that was replaced while it was on its way: the next attempt shows the new one.
  if (input.outcome == Outcome::pause && input.error_class == "auth" && part.sequence <= account.adopted)
    input.outcome = Outcome::retry;
  switch (input.outcome) {
    case Outcome::sent:
      part_sent(step, part, "msg.out.sent", input.id, input.thread);
      break;
    case Outcome::failed:
      part_failed(step, part, input.error_class, input.code);
      break;
    case Outcome::unclear:
      part_unclear(step, part);
      break;
    case Outcome::pause:
      pause(step, account, input.error_class, input.text);
      [[fallthrough]];
    case Outcome::retry: {
      Record& made = record(step, "msg.out.failed", conversation);
      made.actor = account.settings->actor;
      made.outcome = "deferred";
      made.cause = part.intent();
      made.message = part.message;
      made.count = part.number;
      made.decision = leaf_text(input.error_class + (input.code.empty() ? "" : ":" + input.code));
      if (input.outcome == Outcome::pause) {
        set_part(step, part, PartState::queued, 0);
      } else if (step.now.wall - part.since > settings_->give_up_after || part.fleeting()) {
        drop_part(step, part);
      } else {
        set_part(step, part, PartState::retry,
                 step.now.wall + std::max(input.after, back_off(part.attempt, step.draw)));
      }
      break;
    }
  }
  pump(step, conversation);
}

void Core::Machine::part_sent(Step& step, Part& part, std::string_view type, const std::string& platform_id,
                              const std::string& thread) {
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  Record& made = record(step, type, conversation);
  made.actor = account.settings->actor;
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  if (!platform_id.empty() || !thread.empty()) {
    auto body = std::make_shared<std::string>();
    JsonObject object(*body);
    object.add_if("platform_id", platform_id).add_if("thread", thread).end();
    made.body = std::move(body);
    made.retention = part.public_ ? "comment" : "dm";
  }
  ++figures_.sent;
  ++account.sent;
  publish(step, "sent", conversation, made.index);
  keep_sent(account, part, platform_id);
  const bool answers = part.answers();
  if (answers) conversation.row.flags |= Conversation::kAnswered;
  if (note_sent(conversation, part, *account.settings->pack, wall_)) {
    Record& told = record(step, "automation.notice", conversation);
    told.cause = part.intent();
    told.message = part.message;
  }
  const std::int64_t turn_index = part.turn;
  const policy::Author author = part.author;
  const bool last = part.number == part.of;
  step.out.rows.emplace_back(OutboxRow{.key = part.key, .erase = true});
  parts_.erase(part.key);
  parts_by_id_.erase(part.id());
  std::erase_if(conversation.parts, [&](const auto& each) { return each.get() == &part; });
  save(step, conversation);
  if (!answers) return;
  if (author == policy::Author::human && last) {
    // An agent's answer answers all that waits in the conversation.
    const std::vector<Turn*> waiting = conversation.waiting;
    for (Turn* turn : waiting) end_turn(step, *turn, "answered", "human");
  }
  if (const auto at = turns_.find(turn_index); at != turns_.end()) {
    Turn& turn = *at->second;
    if (turn.stage != Turn::Stage::open && !is_being_answered(turn))
      end_turn(step, turn, "answered", policy::name(author));
  }
}

void Core::Machine::keep_sent(const AccountState& account, const Part& part, const std::string& platform_id) {
  SentBook::Sent sent{part.sequence, part.key, kNone, part.message, {}, 0, 0};
  if (const auto at = turns_.find(part.turn); part.answers() && at != turns_.end()) {
    sent.turn = part.turn;
    sent.event_id = at->second->event_id;
    sent.received = at->second->received;
    sent.deadline = at->second->deadline;
  }
  sent_.keep(part.id(), sent);
  if (!platform_id.empty() && account.settings->settles == Settles::echo)
    sent_.keep_name(sent_name(account, platform_id), part.sequence);
}

void Core::Machine::part_failed(Step& step, Part& part, std::string_view error_class, std::string_view code) {
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  Record& made = record(step, "msg.out.failed", conversation);
  made.actor = account.settings->actor;
  made.outcome = "failed";
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  made.decision = leaf_text(std::string(error_class) + (code.empty() ? "" : ":" + std::string(code)));
  ++account.failed;
  publish(step, "failed", conversation, made.index, made.decision);
  drop_part(step, part);
}

// A part that will not be sent takes the rest of its own message with it; its turn waits again.
void Core::Machine::drop_part(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  const Id message = part.message;
  const std::int64_t turn_index = part.turn;
  const bool answers = part.answers();
  std::erase_if(conversation.parts, [&](const auto& each) {
    if (each->message != message) return false;
    step.out.rows.emplace_back(OutboxRow{.key = each->key, .erase = true});
    parts_.erase(each->key);
    parts_by_id_.erase(each->id());
    return true;
  });
  if (!answers) return;
  if (const auto at = turns_.find(turn_index); at != turns_.end()) {
    Turn& turn = *at->second;
    if (turn.stage != Turn::Stage::open && !is_being_answered(turn)) turn_waits(step, turn);
  }
}

// After a while, like any other further try: where every attempt ends unclear, they must not chase each other.
void Core::Machine::send_again(Step& step, Part& part) {
  set_part(step, part, PartState::retry, step.now.wall + back_off(part.attempt, step.draw));
}

// The clock has been set: what was to be tried after a while is tried after that while, not after the step as well.
// What is held is judged anew.
void Core::Machine::postpone(Step& step, Micros by) {
  std::map<std::int64_t, Part*> waiting;
  for (const auto& [key, part] : parts_)
    if (part->due > 0) waiting[key] = part;
  for (const auto& [key, part] : waiting)
    set_part(step, *part, part->state, part->state == PartState::held ? step.now.wall : part->due + by);
  for (const auto& settings : settings_->accounts)
    if (AccountState& account = accounts_.at(settings.name); account.listing.due > 0)
      plan_listing(account, account.listing.due + by);
  // A wait of seconds is not measured anew: what has come until now is what there is.
  for (const std::int64_t event : media_waits_) {
    if (const auto at = turns_.find(event); at != turns_.end()) at->second->media_until = step.now.wall;
    agenda_.add(step.now.wall, Agenda::What::media_wait, event);
  }
}

void Core::Machine::part_due(Step& step, std::int64_t key) {
  const auto at = parts_.find(key);
  if (at == parts_.end() || at->second->due == 0 || at->second->due > step.now.wall) return;
  Part& part = *at->second;
  Conversation& conversation = *part.conversation;
  switch (part.state) {
    case PartState::asks:
    case PartState::wants:
      part_failed(step, part, "gone", "given-up");
      break;
    case PartState::held:
    case PartState::retry:
      if (step.now.wall - part.since >
          (part.state == PartState::held ? settings_->hold_at_most : settings_->give_up_after)) {
        part_failed(step, part, "gone", "given-up");
      } else {
        part.state = PartState::queued;
        part.due = 0;
      }
      break;
    case PartState::unknown:
      settle(step, part);
      break;
    default:
      break;
  }
  pump(step, conversation);
}

void Core::Machine::pause(Step& step, AccountState& account, std::string_view error_class, std::string_view text) {
  if (!account.paused.empty()) return;
  account.paused = text.empty() ? std::string(error_class) : std::string(text);
  account.pause_class = error_class == "configuration" ? "configuration"
                        : error_class == "restricted"  ? "restricted"
                                                       : "auth";
  Record& made = record(step, "account.paused");
  made.account = account.settings->name;
  made.platform = account.settings->platform;
  made.actor = account.settings->actor;
  made.decision = account.pause_class;
  step.out.rows.emplace_back(AccountRow{account.settings->name, account.paused, account.pause_class});
  step.out.once.emplace_back(Alarm{"account.paused",
                                   "the platform refuses the account (" + std::string(account.pause_class) +
                                       "); its outbox waits. Mend it, then `posternctl account resume " +
                                       std::string(account.settings->name) + "`",
                                   account.settings->name,
                                   {}});
  publish_account(step, account, "paused");
  if (account.pause_class == "auth") mend_token(step, account);
}

void Core::Machine::publish_account(Step& step, const AccountState& account, std::string_view what) {
  ++figures_.account_changes;
  step.out.commit.emplace_back(Publish{what,
                                       account.settings->platform,
                                       account.settings->name,
                                       {},
                                       next_index_ - 1,
                                       wall_,
                                       std::string(account.pause_class)});
}

void Core::Machine::resume_account(Step& step, AccountState& account) {
  if (account.paused.empty()) return;
  account.paused.clear();
  account.pause_class = {};
  Record& made = record(step, "account.resumed");
  made.account = account.settings->name;
  made.platform = account.settings->platform;
  step.out.rows.emplace_back(AccountRow{account.settings->name, "", ""});
  publish_account(step, account, "resumed");
  std::map<std::int64_t, Conversation*> waiting;  // oldest part first
  for (const auto& [key, part] : parts_)
    if (part->state == PartState::queued && part->conversation->row.account == account.settings->name)
      waiting[key] = part->conversation;
  for (const auto& [key, conversation] : waiting) pump(step, *conversation);
}

}  // namespace postern::core
