// SPDX-License-Identifier: Apache-2.0
// What may or may not have arrived is settled by what the platform tells, never by guessing.
#include <boost/json.hpp>
#include <utility>

#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

constexpr int kSettlePatience = 10;  // times `settle` that a silent platform is waited for before parking

// Do an echo and a part carry the same? Of media it must do that both are media.
bool says_the_same(const Event& echo, const Part& part) {
  boost::json::error_code code;
  const auto said = boost::json::parse(*echo.text, code), meant = boost::json::parse(part.content, code);
  const auto* one = said.if_object();
  const auto* other = meant.if_object();
  if (!one || !other) return false;
  const auto *text = one->if_contains("text"), *wanted = other->if_contains("text");
  if (text || wanted) return text && wanted && *text == *wanted;
  return one->contains("attachments") && other->contains("attachment");
}

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

// Which of our parts an echo is of. Most platforms bring the part's id back. Of the others the message's id tells, and
// before that is known, what the message says: one part at most of a conversation is on its way.
std::optional<Core::Machine::Echoed> Core::Machine::echoed(const AccountState& account,
                                                           const Conversation& conversation, const Event& event) {
  if (!event.part.empty()) {
    if (const auto at = parts_by_id_.find(event.part); at != parts_by_id_.end())
      return Echoed{at->second, at->second->sequence};
    const auto sent = recently_sent_.find(event.part);
    return sent == recently_sent_.end() ? std::nullopt : std::optional(Echoed{nullptr, sent->second});
  }
  if (!event.from_app || event.platform_id.empty()) return std::nullopt;
  if (const auto sent = sent_names_.find(sent_name(account, event.platform_id)); sent != sent_names_.end())
    return Echoed{nullptr, sent->second};
  Part* part = front(conversation);
  const bool open = part && (part->state == PartState::sending || part->state == PartState::unknown);
  if (!open || event.kind != Kind::echo || !says_the_same(event, *part)) return std::nullopt;
  return Echoed{part, part->sequence};
}

std::int64_t Core::Machine::sent_name(const AccountState& account, const std::string& platform_id) const {
  return seen_.digest(account.settings->name, "sent:" + platform_id).look;
}

// An echo of something that we have sent. False if it is not ours: it then goes on record like any event.
bool Core::Machine::echo(Step& step, AccountState& account, const Conversation& in, const Event& event) {
  const std::optional<Echoed> ours = echoed(account, in, event);
  if (!ours) return false;
  const std::int64_t sequence = ours->sequence;
  if (ours->part) {
    Part& part = *ours->part;
    Conversation& conversation = *part.conversation;
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
