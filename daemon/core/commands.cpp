// SPDX-License-Identifier: Apache-2.0
// What agents and tools want done. Each command carries the caller's own id: asked again, it gets the first answer.
#include <utility>

#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/policy/kinds/kinds.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kAnswersKept = 10'000;
constexpr std::size_t kLongestReason = 1'000;  // bytes

// JSON-RPC error object (docs/protocol.md).
std::string error(int code, std::string_view message, std::string_view data = {}) {
  std::string out;
  JsonObject object(out);
  object.add("code", code).add("message", message);
  if (!data.empty()) object.raw("data", data);
  object.end();
  return out;
}

// Rules that have let it pass, but not in silence.
std::string warnings(const policy::Verdict& verdict) {
  std::string out;
  for (const policy::Spoken& spoken : verdict.spoken) {
    if (spoken.outcome != policy::Outcome::allow || spoken.reason.empty()) continue;
    out += out.empty() ? "[" : ",";
    JsonObject(out).add("rule", spoken.rule).add("reason", spoken.reason).end();
  }
  return out.empty() ? out : out + "]";
}
constexpr int kNotFound = -32004, kRefused = -32010, kInvalid = -32602;
constexpr std::string_view kNoConversation =
    "no such conversation, or its contact was erased; `posternctl conversations` lists them";

}  // namespace

// What names a conversation waits until it is in memory, behind others that wait for the same one.
void Core::Machine::command(Step& step, Command&& input) {
  if (answered_before(step, input)) return;
  const bool about_contact = input.method == "contact.erase" || input.method == "contact.restrict" ||
                             input.method == "contact.rectify" || !input.contact.empty();
  if (about_contact) return find_subject(step, std::move(input));
  if (input.method == "retention.run") return retention_command(step, std::move(input));
  if (const auto id = Id::from_hex(input.conversation); id && *id && (seeking_.contains(*id) || !by_id_.contains(*id)))
    return seek(step, *id).commands.push_back(std::move(input));
  obey(step, std::move(input));
}

void Core::Machine::obey(Step& step, Command&& input) {
  if (answered_before(step, input)) return;  // it may have been asked again while it waited
  if (waits_for_other(step, input)) return;
  CommandAnswer answer = carry_out(step, input);
  if (answer.ok && !input.id.empty()) remember(step, input, answer.json);
  step.out.commit.emplace_back(Reply{input.reply_to, answer.ok, std::move(answer.json)});
}

// The caller is part of the key: nobody gets an answer that was another's.
std::int64_t Core::Machine::answer_key(const Command& input) const {
  return seen_.digest(input.actor, input.id).look;
}

bool Core::Machine::answered_before(Step& step, const Command& input) const {
  const auto at = input.id.empty() ? answers_.end() : answers_.find(answer_key(input));
  if (at == answers_.end()) return false;
  step.out.commit.emplace_back(Reply{input.reply_to, true, at->second});
  return true;
}

// On disk in the transaction of what the command has done, so that both are there after a crash, or neither.
void Core::Machine::remember(Step& step, const Command& input, const std::string& answer) {
  const std::int64_t key = answer_key(input);
  answers_[key] = answer;
  answers_order_.push_back(key);
  step.out.rows.emplace_back(CommandRow{key, step.now.wall, answer, false});
  if (answers_order_.size() <= kAnswersKept) return;
  step.out.rows.emplace_back(CommandRow{answers_order_.front(), 0, {}, true});
  answers_.erase(answers_order_.front());
  answers_order_.pop_front();
}

Core::Machine::CommandAnswer Core::Machine::carry_out(Step& step, Command& input) {
  if (input.method == "reply") return reply_command(step, input);
  if (input.method == "quarantine.requeue") return requeue_command(step, input);
  if (input.method == "quarantine.discard") return discard_command(step, input);
  if (input.method == "account.resume") return resume_command(step, input);
  if (input.method == "conversation.close") return close_command(step, input);
  if (input.method == "outbox.resolve") return resolve_command(step, input);
  if (input.method == "outbox.approve") return approve_command(step, input);
  if (input.method == "outbox.withdraw") return withdraw_command(step, input);
  if (input.method == "contact.link") return link_command(step, input);
  if (input.method == "policy.explain") return explain_command(step, input);
  if (input.method == "hold.place") return place_command(step, input, nullptr);
  if (input.method == "hold.release") return release_command(step, input);
  if (input.method == "hold.list") return holds_command();
  if (input.method == "approval.give") return approval_command(step, input, true);
  if (input.method == "approval.refuse") return approval_command(step, input, false);
  if (input.method == "approval.list") return approvals_command();
  return {false, error(-32601, "the core knows no command " + input.method)};
}

// The conversation that a command is about. It is in memory if there is one.
Conversation* Core::Machine::named(const Command& input) const {
  const auto id = Id::from_hex(input.conversation);
  const auto at = id ? by_id_.find(*id) : by_id_.end();
  return at == by_id_.end() ? nullptr : at->second;
}

Core::Machine::CommandAnswer Core::Machine::reply_command(Step& step, const Command& input) {
  Conversation* const found = named(input);
  if (!found) return {false, error(kNotFound, kNoConversation)};
  if (input.text.empty() && input.form.empty()) return {false, error(kInvalid, "a reply needs a text or a template")};
  Conversation& conversation = *found;
  used(conversation);
  const Turn* turn = conversation.waiting.empty() ? nullptr : conversation.waiting.back();
  if (input.in_public && !conversation.is_public())
    return {false, error(kInvalid, "the conversation is private: nothing in it can be answered in public")};
  if (!input.in_public && conversation.is_public() && !turn)
    return {false, error(kInvalid, "no comment waits here that could be answered in private; say `public` to comment")};
  Effect effect;
  if (!input.form.empty()) {
    auto parsed = parse_effect(R"({"effect":"reply","template":)" + input.form + "}");
    if (!parsed) return {false, error(kInvalid, parsed.error().what)};
    effect = std::move(*parsed);
  }
  effect.kind = conversation.is_public() && !input.in_public ? EffectKind::private_reply : EffectKind::reply;
  effect.text = input.text;
  const Spoken spoken =
      speak(step, conversation, {effect, policy::Author::human, input.actor, turn, turn ? turn->index : kNone});
  if (spoken.verdict.outcome == policy::Verdict::Outcome::deny)
    return {false, error(kRefused, std::string(spoken.verdict.rule) + ": " + spoken.verdict.reason, spoken.refusal)};
  std::string out;
  JsonObject object(out);
  object.add("message", spoken.message.hex()).add("verdict", policy::name(spoken.verdict.outcome));
  object.add("rule", spoken.verdict.rule).add("parts", spoken.parts);
  object.add("part", spoken.intent * 256 + 1);
  if (spoken.verdict.until) object.add("until", rfc3339(spoken.verdict.until));
  if (spoken.verdict.awaits != policy::Awaits::time) object.add("awaits", policy::name(spoken.verdict.awaits));
  if (const std::string warned = warnings(spoken.verdict); !warned.empty()) object.raw("warnings", warned);
  object.end();
  return {true, std::move(out)};
}

Core::Machine::CommandAnswer Core::Machine::requeue_command(Step& step, const Command& input) {
  const auto at = turns_.find(input.index);
  if (at == turns_.end() || at->second->stage != Turn::Stage::quarantine)
    return {false, error(kNotFound, "record " + std::to_string(input.index) + " is not in quarantine")};
  Turn& turn = *at->second;
  Conversation& conversation = *turn.conversation;
  if (!turn.event.text || turn.event.kind == Kind::unknown)
    return {false, error(kInvalid,
                         "record " + std::to_string(input.index) + " is kept raw; no handler can be asked about it")};
  std::erase(conversation.waiting, &turn);
  --figures_.quarantined;
  quarantine_reasons_.erase(turn.index);
  turn.stage = Turn::Stage::open;
  Record& made = record(step, "msg.replayed", conversation);
  made.actor = input.actor;
  made.cause = turn.index;
  made.message = turn.event_id;
  step.out.rows.emplace_back(turn.row());
  enqueue(turn);
  push(step, conversation);
  return {true, "{\"requeued\":" + std::to_string(input.index) + "}"};
}

// Nobody will look at it any more: who said so stands on record, and why is sealed, since people write names into it.
Core::Machine::CommandAnswer Core::Machine::discard_command(Step& step, const Command& input) {
  const auto at = turns_.find(input.index);
  if (at == turns_.end() || at->second->stage != Turn::Stage::quarantine)
    return {false, error(kNotFound, "record " + std::to_string(input.index) + " is not in quarantine")};
  if (input.text.empty() || input.text.size() > kLongestReason)
    return {false, error(kInvalid, "to discard an event takes a reason of 1 to 1000 bytes")};
  Turn& turn = *at->second;
  Record& made = record(step, "msg.dead", *turn.conversation);
  made.actor = input.actor;
  made.cause = turn.index;
  made.message = turn.event_id;
  made.retention = turn.conversation->is_public() ? "comment" : "dm";
  auto body = std::make_shared<std::string>();
  JsonObject(*body).add("reason", input.text).end();
  made.body = std::move(body);
  if (turn.deadline > 0) end_turn(step, turn, "declined", "human");
  drop_turn(step, turn);
  return {true, "{\"discarded\":" + std::to_string(input.index) + "}"};
}

Core::Machine::CommandAnswer Core::Machine::resume_command(Step& step, const Command& input) {
  AccountState* account = account_state(input.account);
  if (!account) return {false, error(kNotFound, "no such account: " + input.account)};
  const bool was_paused = !account->paused.empty();
  forget_lost_refresh(step, *account);
  resume_account(step, *account);
  return {true, was_paused ? "{\"resumed\":true}" : "{\"resumed\":false}"};
}

// A person declines what waits in a conversation; the reason stands on record.
Core::Machine::CommandAnswer Core::Machine::close_command(Step& step, const Command& input) {
  Conversation* const found = named(input);
  if (!found) return {false, error(kNotFound, kNoConversation)};
  Conversation& conversation = *found;
  const std::vector<Turn*> waiting = conversation.waiting;
  std::int64_t closed = 0;
  for (Turn* turn : waiting) {
    if (turn->stage == Turn::Stage::quarantine) continue;
    Record& made = record(step, "turn.declined", conversation);
    made.actor = input.actor;
    made.cause = turn->index;
    made.message = turn->event_id;
    end_turn(step, *turn, "declined", "human");
    ++closed;
  }
  record(step, "conversation.closed", conversation).actor = input.actor;
  conversation.row.flags |= Conversation::kClosed;
  save(step, conversation);
  return {true, "{\"declined\":" + std::to_string(closed) + "}"};
}

// A person says what became of a parked part: it has arrived, it is to be sent again, or to be given up.
Core::Machine::CommandAnswer Core::Machine::resolve_command(Step& step, const Command& input) {
  const auto at = parts_.find(input.index);
  if (at == parts_.end() || at->second->state != PartState::parked)
    return {false, error(kNotFound, "part " + std::to_string(input.index) +
                                        " is not parked; `posternctl outbox list` shows them")};
  Part& part = *at->second;
  Conversation& conversation = *part.conversation;
  if (input.text == "sent") {
    part_sent(step, part, "msg.out.reconciled", {}, {});
  } else if (input.text == "resend") {
    set_part(step, part, PartState::queued, 0);
  } else if (input.text == "drop") {
    part_failed(step, part, "gone", "given-up");
  } else {
    return {false, error(kInvalid, "expected sent, resend or drop, found " + input.text)};
  }
  pump(step, conversation);
  return {true, "{\"resolved\":true}"};
}

// A second person lets a message pass. Its parts wait together, so the first of them names it.
Core::Machine::CommandAnswer Core::Machine::approve_command(Step& step, const Command& input) {
  const auto at = parts_.find(input.index);
  if (at == parts_.end() || at->second->state != PartState::asks)
    return {false, error(kNotFound, "part " + std::to_string(input.index) +
                                        " waits for no approval; `posternctl outbox list` shows those that do")};
  const Part& asked = *at->second;
  if (asked.actor == input.actor)
    return {false, error(kRefused, "nobody approves what they have written themselves: let somebody else look at it")};
  Conversation& conversation = *asked.conversation;
  const Id message = asked.message;
  Record& made = record(step, "handler.decision", conversation);
  made.actor = input.actor;
  made.cause = asked.intent();
  made.message = message;
  made.decision = "approved";
  std::int64_t approved = 0;
  for (const auto& part : conversation.parts) {
    if (part->message != message || part->state != PartState::asks) continue;
    set_part(step, *part, PartState::queued, 0);
    ++approved;
  }
  pump(step, conversation);
  return {true, "{\"approved\":" + std::to_string(approved) + "}"};
}

// What has not left can be taken back, by its author or anybody who may speak.
Core::Machine::CommandAnswer Core::Machine::withdraw_command(Step& step, const Command& input) {
  const auto at = parts_.find(input.index);
  const auto waits = [](PartState state) {
    return state == PartState::held || state == PartState::asks || state == PartState::wants;
  };
  if (at == parts_.end() || !waits(at->second->state))
    return {false, error(kNotFound, "part " + std::to_string(input.index) +
                                        " does not wait, or has left; `posternctl outbox list` shows what waits")};
  Part& part = *at->second;
  Conversation& conversation = *part.conversation;
  Record& made = record(step, "policy.refuse", conversation);
  made.actor = input.actor;
  made.outcome = "refused";
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  policy::Verdict verdict = policy::refusal("core.withdrawn", "somebody has taken it back");
  made.decision = settings_of(conversation).pack->decision(verdict);
  ++figures_.refused;
  publish(step, "refused", conversation, made.index, made.decision);
  drop_part(step, part);
  pump(step, conversation);
  return {true, "{\"withdrawn\":true}"};
}

bool Core::Machine::waits_for_other(Step& step, Command& input) {
  const auto other = Id::from_hex(input.other);
  if (!other || !*other || std::exchange(input.sought, true) || by_id_.contains(*other)) return false;
  seek(step, *other).commands.push_back(std::move(input));
  return true;
}

// Somebody knows that the contacts of two conversations are one person: caps on promotion count them together.
Core::Machine::CommandAnswer Core::Machine::link_command(Step& step, const Command& input) {
  const Conversation* const one = named(input);
  const auto id = Id::from_hex(input.other);
  const auto at = id ? by_id_.find(*id) : by_id_.end();
  if (!one || at == by_id_.end()) return {false, error(kNotFound, kNoConversation)};
  const Conversation* const other = at->second;
  if (one->is_group() || other->is_group())
    return {false, error(kInvalid, "a group is not one person: name a conversation that each of them has alone")};
  const std::int64_t was = questions_.person(one->row.contact_number),
                     is = questions_.person(other->row.contact_number);
  if (was == is) return {true, R"({"linked":false})"};
  for (const LinkRow& row : questions_.link(was, is)) step.out.rows.emplace_back(row);
  rates_.caps.merge(policy::kPromotions, std::max(was, is), std::min(was, is));
  // On both, so that it is found whichever of them is asked for, or erased.
  for (const auto& [here, there] : {std::pair(one, other), std::pair(other, one)}) {
    Record& made = record(step, "identity.linked", *here);
    made.actor = input.actor;
    made.extra.emplace_back("with", there->row.contact.hex());
  }
  return {true, R"({"linked":true})"};
}

// What policy would say, now, to a message in a conversation; nothing is recorded.
Core::Machine::CommandAnswer Core::Machine::explain_command(const Step& step, const Command& input) {
  const Conversation* const conversation = named(input);
  if (!conversation) return {false, error(kNotFound, kNoConversation)};
  const auto author = input.text.empty() ? policy::Author::human : policy::parse_author(input.text);
  if (!author) return {false, error(kInvalid, "as: expected human, bot or campaign, found " + input.text)};
  return {true, explain_json(step, *conversation, *author, input)};
}

}  // namespace postern::core
