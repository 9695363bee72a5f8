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
  // Echoes come in the order of their sends, statuses do not: that one is missing yet proves nothing.
  const bool later_came = settings.settles == Settles::echo && account.echoed > part.sequence;
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

// It is put on record, since what stands behind it may leave from now on.
void Core::Machine::park(Step& step, Part& part) {
  Conversation& conversation = *part.conversation;
  Record& made = record(step, "msg.out.parked", conversation);
  made.outcome = "deferred";
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
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
    const auto id = Id::from_hex(event.part);
    if (const auto at = id ? parts_by_id_.find(*id) : parts_by_id_.end(); at != parts_by_id_.end())
      return Echoed{at->second, at->second->sequence};
    const auto* sent = sent_.find(id);
    return sent ? std::optional(Echoed{nullptr, sent->sequence}) : std::nullopt;
  }
  if (!event.from_app || event.platform_id.empty()) return std::nullopt;
  if (const auto sequence = sent_.sequence_of(sent_name(account, event.platform_id))) return Echoed{nullptr, *sequence};
  Part* part = event.kind != Kind::echo ? nullptr : alike(account, conversation, event);
  return part ? std::optional(Echoed{part, part->sequence}) : std::nullopt;
}

// The part on its way that says what an echo says. What we write in public comes back in a conversation of our own.
Part* Core::Machine::alike(const AccountState& account, const Conversation& conversation, const Event& event) {
  const auto is_it = [&](const Part* part) {
    const bool open = part && (part->state == PartState::sending || part->state == PartState::unknown);
    return open && part->conversation->row.account == account.settings->name && says_the_same(event, *part);
  };
  if (!event.public_) return is_it(front(conversation)) ? front(conversation) : nullptr;
  Part* first = nullptr;
  for (const auto& [key, part] : parts_)
    if (part->public_ && (!first || key < first->key) && is_it(part)) first = part;
  return first;
}

std::int64_t Core::Machine::sent_name(const AccountState& account, const std::string& platform_id) const {
  return seen_.digest(account.settings->name, "sent:" + platform_id).look;
}

// An echo or a receipt of something that we have sent. False if it is not ours: it then goes on record like any event.
bool Core::Machine::came_back(Step& step, AccountState& account, const Conversation& in, const Event& event) {
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

// The platform had accepted a part and says now that it did not deliver it; `made` is the record of that. What still
// waits to be settled ends like an attempt with that answer. What counted as sent has failed, and its turn waits again.
void Core::Machine::not_delivered(Step& step, AccountState& account, Conversation& conversation, const Event& event,
                                  Record& made) {
  const Failure& why = event.failure;
  const bool pauses =
      why.error_class == "auth" || why.error_class == "configuration" || why.error_class == "restricted";
  const bool passes = pauses || why.error_class == "rate" || why.error_class == "transient";
  const auto id = Id::from_hex(event.part);
  const auto at = id ? parts_by_id_.find(*id) : parts_by_id_.end();
  const auto* sent = sent_.find(id);
  Part* part = at == parts_by_id_.end() ? nullptr : at->second;
  made.outcome = part && passes ? "deferred" : "failed";
  made.decision = leaf_text(why.error_class + (why.code.empty() ? "" : ":" + why.code));
  if (part || sent) {
    const std::int64_t key = part ? part->key : sent->key;
    made.cause = key / 256;
    made.count = key % 256;
    made.message = part ? part->message : sent->message;
  }
  publish(step, "failed", conversation, made.index, made.decision);
  if (pauses) pause(step, account, why.error_class, why.text);
  if (part && pauses) return set_part(step, *part, PartState::queued, 0);
  if (part && passes) return send_again(step, *part);
  ++account.failed;
  if (part) {
    drop_part(step, *part);
    pump(step, conversation);
  } else if (sent && sent->turn != kNone) {
    turn_again(step, conversation, *sent);
  }
}

// A turn counted as answered, and the person has got nothing.
void Core::Machine::turn_again(Step& step, Conversation& conversation, const SentBook::Sent& sent) {
  if (turns_.contains(sent.turn)) return;  // it waits, or something else answers it
  auto turn = std::make_unique<Turn>();
  turn->index = sent.turn;
  turn->conversation = &conversation;
  turn->event_id = sent.event_id;
  turn->received = sent.received;
  turn->deadline = sent.deadline;
  Turn& kept = *(turns_[sent.turn] = std::move(turn));
  agenda_.add(kept.deadline, Agenda::What::turn, kept.index);
  turn_waits(step, kept);
}

}  // namespace postern::core
