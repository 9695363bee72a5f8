// SPDX-License-Identifier: Apache-2.0
// What may or may not have arrived is settled by what the platform tells, never by guessing.
#include <utility>

#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

constexpr int kSettlePatience = 10;  // times `settle` that a silent platform is waited for before parking

}  // namespace

// It may or may not have arrived.
void Core::Machine::part_unclear(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  AccountState& account = *account_state(conversation.row.account);
  Record& made = record(step, "msg.out.unknown", conversation);
  made.actor = account.settings->actor;
  made.outcome = "unknown";
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  publish(step, "unknown", conversation, made.index);
  if (part.fleeting()) return drop_part(step, part);  // typing: nobody misses it, and twice does no harm
  part.unclear_since = step.now.boot;
  account.unclear.push_back(part.key);
  const Settles settles = account.settings->settles;
  const bool told = settles == Settles::echo || settles == Settles::status;
  set_part(step, part, PartState::unknown, step.now.wall + (told ? account.settings->settle : 0));
  if (!told) settle(step, part);
}

// Called when `settle` is over, when an echo of a later send has come, and at once where a platform tells nothing.
void Core::Machine::settle(Step& step, Part& part) {
  AccountState& account = *account_state(part.conversation->row.account);
  const AccountSettings& settings = *account.settings;
  if (settings.settles == Settles::key || planted(Bug::unclear_sent_again)) return send_again(step, part);
  const bool told = settings.settles == Settles::echo || settings.settles == Settles::status;
  const Micros waited = step.now.boot - part.unclear_since;
  if (told && waited < settings.settle)
    return set_part(step, part, PartState::unknown, step.now.wall + settings.settle - waited);
  const bool later_came = account.echoed > part.sequence;
  const bool given_up = !told || waited >= kSettlePatience * settings.settle;
  if (part.effect == EffectKind::private_reply) {
    if (later_came || given_up) return park(step, part);  // never sent again: a second one is an error at best
  } else if (told && later_came) {
    // Echoes of later sends came, its own did not: it has not arrived.
    return set_part(step, part, PartState::queued, 0);
  } else if (settings.resend_unknown) {
    return send_again(step, part);
  } else if (given_up) {
    return park(step, part);
  }
  set_part(step, part, PartState::unknown, step.now.wall + settings.settle);
}

void Core::Machine::park(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  set_part(step, part, PartState::parked, 0);
  step.out.once.emplace_back(Alarm{"part.parked",
                                   "it cannot be told whether a message has arrived; a person must decide",
                                   conversation.row.account, conversation.row.id});
  if (!part.answers()) return;
  if (const auto at = turns_.find(part.turn);
      at != turns_.end() && at->second->stage != Turn::Stage::open && !is_being_answered(*at->second))
    turn_waits(step, *at->second);
}

// An echo of something that we have sent. False if it is not ours: it then goes on record like any event.
bool Core::Machine::echo(Step& step, AccountState& account, const Event& event) {
  if (event.part.empty()) return false;
  const auto at = parts_by_id_.find(event.part);
  std::int64_t sequence = 0;
  if (at == parts_by_id_.end()) {
    const auto sent = recently_sent_.find(event.part);
    if (sent == recently_sent_.end()) return false;
    sequence = sent->second;
  } else {
    Part& part = *at->second;
    Conversation& conversation = *part.conversation;
    sequence = part.sequence;
    // The echo may come before the answer. It goes on record at once: it will not be told again, and the answer may
    // never come.
    part_sent(step, part, part.state == PartState::sending ? "msg.out.sent" : "msg.out.reconciled", event.platform_id,
              {});
    pump(step, conversation);
  }
  if (sequence > account.echoed) {
    account.echoed = sequence;
    // It settles what was unclear before it. Those that have waited long enough are looked at now.
    const std::vector<std::int64_t> unclear = std::exchange(account.unclear, {});
    for (const std::int64_t key : unclear) {
      const auto found = parts_.find(key);
      if (found == parts_.end() || found->second->state != PartState::unknown) continue;
      Part& part = *found->second;
      if (step.now.boot >= part.unclear_since + account.settings->settle) settle(step, part);
      if (part.state == PartState::unknown) account.unclear.push_back(key);
      pump(step, *part.conversation);
    }
  }
  return true;
}

}  // namespace postern::core
