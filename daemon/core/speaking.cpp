// SPDX-License-Identifier: Apache-2.0
// Effects: what is meant for a platform is judged and becomes parts, the rest changes the conversation.
#include <algorithm>

#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

using policy::Verdict;

void add_attachment(JsonObject& part, const Attachment& attachment) {
  std::string inner;
  JsonObject object(inner);
  object.add("type", attachment.type).add("url", attachment.url).add_if("title", attachment.title).end();
  part.raw("attachment", inner);
}

void add_quick_replies(JsonObject& part, const std::vector<QuickReply>& replies) {
  std::string inner = "[";
  for (const auto& reply : replies) {
    if (inner.size() > 1) inner += ',';
    JsonObject object(inner);
    object.add("title", reply.title).add("payload", reply.payload.empty() ? reply.title : reply.payload).end();
  }
  part.raw("quick_replies", inner + "]");
}

Micros commented_at(const Turn& turn) {
  return turn.event.sent_at > 0 ? turn.event.sent_at : turn.received;
}

// What was refused, and why, as the event of kind `failed` that its author may be told of it by.
Text refused_body(Micros now, const Conversation& conversation, const std::string& refusal, const Text& said) {
  auto text = std::make_shared<std::string>();
  JsonObject object(*text);
  object.add("kind", name(Kind::failed)).add_if("thread", conversation.thread);
  if (conversation.is_public()) object.add("visibility", "public");
  object.add("sent_at", rfc3339(now)).raw("refusal", refusal).end();
  if (said) text->replace(text->size() - 1, 1, "," + said->substr(1));
  return text;
}

}  // namespace

Core::Machine::Spoken Core::Machine::speak(Step& step, Conversation& here, const Speech& speech) {
  Conversation* target = &here;
  Spoken spoken;
  if (speech.effect.kind == EffectKind::send) {
    const auto id = Id::from_hex(speech.effect.value);
    const auto at = id ? by_id_.find(*id) : by_id_.end();
    if (at == by_id_.end()) {
      spoken.verdict = policy::refusal("core.no-conversation",
                                       "there is no such conversation to send to, or its contact was erased");
      spoken.refusal = refusal_json(step, *settings_of(here).pack, spoken.verdict);
      refuse(step, here, speech, spoken, nullptr);
      return spoken;
    }
    target = at->second;
  }
  Conversation& conversation = *target;
  const AccountSettings& account = settings_of(conversation);
  const Effect& effect = speech.effect;
  const bool private_reply = effect.kind == EffectKind::private_reply;

  std::optional<Comment> comment;
  if (private_reply && speech.turn) comment = {speech.turn->event.platform_id, commented_at(*speech.turn)};
  const policy::Question question = questions_.about(conversation, account.key, speech.author, effect,
                                                     comment ? &*comment : nullptr, record_time(step));
  spoken.message = step.draw.id();
  if (conversation.thread.empty()) {
    spoken.verdict = policy::refusal("core.nobody", "there is nobody to write to: what came here could not be decoded");
  } else if (private_reply &&
             (!speech.turn || speech.turn->event.kind != Kind::comment || speech.turn->event.platform_id.empty())) {
    spoken.verdict = policy::refusal("core.no-comment", "a private reply needs the comment that it answers");
  } else {
    spoken.verdict = judge(conversation, question);
  }
  spoken.text_hash = account.pack->text_hash(effect.said());
  Composed composed = compose(speech, spoken);
  spoken.parts = static_cast<std::int64_t>(composed.parts.size());
  if (spoken.verdict.outcome == Verdict::Outcome::deny) {
    const bool by_core = spoken.verdict.rule.starts_with("core.");
    spoken.refusal =
        refusal_json(step, *account.pack, by_core ? spoken.verdict : account.pack->judge(question, rates_, true));
    refuse(step, conversation, speech, spoken, std::move(composed.body));
    if (target != &here) push(step, conversation);  // one's own lane goes on by itself
    return spoken;
  }
  if (private_reply) conversation.private_replies.push_back(speech.turn->event.platform_id);
  const bool held = spoken.verdict.outcome == Verdict::Outcome::hold;
  Record& made = record(step, held ? "policy.hold" : "msg.out.intent", conversation);
  made.actor = speech.actor;
  made.cause = speech.cause;
  made.message = spoken.message;
  made.decision = account.pack->decision(spoken.verdict);
  made.count = spoken.parts;
  if (held) made.outcome = "deferred";
  made.retention = conversation.is_public() ? "comment" : "dm";
  made.body = composed.body;
  const std::int64_t index = spoken.intent = made.index;
  publish(step, held ? "held" : "intent", conversation, index, made.decision);
  add_parts(step, conversation, speech, spoken, std::move(composed), index,
            held ? waiting_for(spoken.verdict.awaits) : PartState::queued);
  if (private_reply) save(step, conversation, true);
  return spoken;
}

void Core::Machine::refuse(Step& step, Conversation& conversation, const Speech& speech, const Spoken& spoken,
                           Text body) {
  const AccountSettings& account = settings_of(conversation);
  Record& made = record(step, "policy.refuse", conversation);
  made.actor = speech.actor;
  made.outcome = "refused";
  made.cause = speech.cause;
  made.message = spoken.message ? spoken.message : step.draw.id();
  made.decision = account.pack->decision(spoken.verdict);
  made.retention = "draft";
  made.body = refused_body(step.now.wall, conversation, spoken.refusal, body);
  ++figures_.refused;
  publish(step, "refused", conversation, made.index, made.decision);
  if (speech.turn && speech.turn->event.kind != Kind::failed)
    tell(step, conversation, speech.actor, speech.author, made);
}

// A part that was let pass at first, and is not when its turn comes.
void Core::Machine::refuse(Step& step, Part& part, const Verdict& verdict) {
  Conversation& conversation = *part.conversation;
  const policy::Pack& pack = *settings_of(conversation).pack;
  auto said = std::make_shared<std::string>(R"({"effect":")");
  said->append(name(part.effect)).append(R"(","author":")").append(policy::name(part.author)).append(R"(","parts":[)");
  said->append(part.content).append("]}");
  Record& made = record(step, "policy.refuse", conversation);
  made.actor = part.actor;
  made.outcome = "refused";
  made.cause = part.intent();
  made.message = part.message;
  made.count = part.number;
  made.decision = pack.decision(verdict);
  made.retention = "draft";
  made.body = refused_body(step.now.wall, conversation, refusal_json(step, pack, verdict), said);
  ++figures_.refused;
  publish(step, "refused", conversation, made.index, made.decision);
  if (part.turn != kNone && !part.of_refusal) tell(step, conversation, part.actor, part.author, made);
  drop_part(step, part);
  push(step, conversation);
}

// The handler that wanted to say it hears of it, if its route brings it the kind `failed`; the record of the refusal is
// the event's. Of what it then wants to say it hears no more, or it could go round and round.
void Core::Machine::tell(Step& step, Conversation& conversation, std::string_view actor, policy::Author author,
                         const Record& why) {
  const RouteSettings* const route = settings_->route(conversation.row.account, Kind::failed);
  if (!route) return;
  for (const std::size_t at : route->handlers) {
    const HandlerSettings& handler = settings_->handlers[at];
    if (handler.actor != actor || handler.author != author) continue;
    auto turn = std::make_unique<Turn>();
    turn->index = why.index;
    turn->event_id = why.message;
    turn->conversation = &conversation;
    turn->received = wall_;
    turn->only = {handler.name};
    turn->event.kind = Kind::failed;
    turn->event.thread = conversation.thread;
    turn->event.public_ = conversation.is_public();
    turn->event.text = why.body;
    step.out.rows.emplace_back(turn->row());
    return enqueue(*(turns_[why.index] = std::move(turn)));
  }
}

// The parts as they go into their tasks, and the sealed body of the intent that holds them.
Core::Machine::Composed Core::Machine::compose(const Speech& speech, const Spoken& spoken) const {
  const Verdict& verdict = spoken.verdict;
  const Effect& effect = speech.effect;
  const Turn* turn = speech.turn;
  const bool to_comment =
      turn && (effect.kind == EffectKind::private_reply || effect.kind == EffectKind::comment_reply ||
               effect.kind == EffectKind::hide || (effect.kind == EffectKind::reply && turn->event.public_));
  Composed composed;
  const auto add = [&](bool media, auto&& fill) {
    std::string& content = composed.parts.emplace_back();
    JsonObject part(content);
    if (to_comment) part.add_if("to_comment", turn->event.platform_id);
    part.add_if("tag", verdict.tag);
    fill(part);
    part.end();
    composed.media.push_back(media);
  };
  if (effect.kind >= EffectKind::typing && effect.kind <= EffectKind::hide) {
    add(false, [&](JsonObject& part) {
      part.add("action", name(effect.kind)).add_if("emoji", effect.value);
      part.add_if("reply_to", effect.reply_to.empty() && turn ? turn->event.platform_id : effect.reply_to);
    });
  } else {
    if (!effect.form.empty())
      add(false, [&](JsonObject& part) { part.raw("template", effect.form).add_if("reply_to", effect.reply_to); });
    for (const auto& attachment : verdict.attachments ? *verdict.attachments : effect.attachments)
      add(true, [&](JsonObject& part) { add_attachment(part, attachment); });
    const std::size_t texts = verdict.texts.empty() ? (effect.text.empty() ? 0 : 1) : verdict.texts.size();
    for (std::size_t i = 0; i < texts; ++i)
      add(false, [&](JsonObject& part) {
        part.add("text", verdict.texts.empty() ? effect.text : verdict.texts[i]);
        if (i == 0) part.add_if("reply_to", effect.reply_to);
        if (i + 1 == texts && !effect.quick_replies.empty()) add_quick_replies(part, effect.quick_replies);
      });
  }
  auto body = std::make_shared<std::string>();
  JsonObject object(*body);
  object.add("effect", name(effect.kind)).add("author", policy::name(speech.author));
  if (turn) object.add("turn", turn->index).add("comment_at", commented_at(*turn));
  if (effect.ack) object.add("ack", true);
  if (turn && turn->event.kind == Kind::failed) object.add("of_refusal", true);
  if (const auto purpose = purpose_of(speech.effect, speech.author); purpose != "service")
    object.add("purpose", purpose);
  if (spoken.text_hash) object.add("text_hash", spoken.text_hash);
  std::string list = "[";
  for (const auto& part : composed.parts) list.append(list.size() > 1 ? "," : "").append(part);
  object.raw("parts", list + "]").end();
  composed.body = std::move(body);
  return composed;
}

void Core::Machine::add_parts(Step& step, Conversation& conversation, const Speech& speech, const Spoken& spoken,
                              Composed&& composed, std::int64_t intent, PartState state) {
  const AccountState& account = *account_state(conversation.row.account);
  // The intent is itself the judged attempt 1 of part 1, if nothing stands before it.
  const bool leaves = state == PartState::queued && account.paused.empty() && !front(conversation);
  for (std::size_t i = 0; i < composed.parts.size(); ++i) {
    auto made = std::make_unique<Part>();
    Part& part = *made;
    part.number = static_cast<std::int64_t>(i) + 1;
    part.key = intent * 256 + part.number;
    part.conversation = &conversation;
    part.turn = speech.turn ? speech.turn->index : kNone;
    part.message = spoken.message;
    part.of = spoken.parts;
    part.state = state;
    part.hold_on_record = state == PartState::held;
    part.due = state == PartState::held     ? spoken.verdict.until
               : state == PartState::queued ? 0
                                            : step.now.wall + settings_->hold_at_most;
    part.since = wall_;
    part.content = std::move(composed.parts[i]);
    part.effect = speech.effect.kind;
    part.author = speech.author;
    part.actor = speech.actor;
    part.ack = speech.effect.ack;
    part.of_refusal = speech.turn && speech.turn->event.kind == Kind::failed;
    part.purpose = purpose_of(speech.effect, speech.author);
    if (i == 0) part.text_hash = spoken.text_hash;
    part.media = composed.media[i];
    part.public_ = conversation.is_public() && speech.effect.kind != EffectKind::private_reply;
    if (speech.turn) part.comment_at = commented_at(*speech.turn);
    parts_[part.key] = &part;
    parts_by_id_[part.id()] = &part;
    conversation.parts.push_back(std::move(made));
    if (part.due > 0) agenda_.add(part.due, Agenda::What::part, part.key);
    if (i == 0 && leaves)
      attempt(step, part);
    else
      step.out.rows.emplace_back(part.row());
  }
}

// ---- effects that stay inside

void Core::Machine::apply_effect(Step& step, Conversation& conversation, const HandlerSettings& handler,
                                 const Effect& effect, const Turn& turn, std::string_view& ending) {
  switch (effect.kind) {
    case EffectKind::state:
      return set_state(step, conversation, handler, effect.text);
    case EffectKind::tag:
      if (std::find(conversation.tags.begin(), conversation.tags.end(), effect.text) == conversation.tags.end())
        conversation.tags.push_back(effect.text);
      break;
    case EffectKind::untag:
      std::erase(conversation.tags, effect.text);
      break;
    case EffectKind::set:
      if (effect.contact_scope) {
        conversation.contact->attributes[effect.text] = effect.value;
        save(step, conversation.contact);
        return;
      }
      conversation.attributes[effect.text] = effect.value;
      break;
    case EffectKind::assign:
      conversation.assigned = effect.value;
      break;
    case EffectKind::release:
      conversation.assigned.clear();
      break;
    case EffectKind::priority:
      conversation.priority = effect.number;
      break;
    case EffectKind::schedule:
      return schedule(step, conversation, handler, effect);
    case EffectKind::cancel:
      return cancel(step, conversation, handler, effect.text);
    case EffectKind::close:
      conversation.row.flags |= Conversation::kClosed;
      if (ending.empty()) ending = "declined";
      break;
    case EffectKind::reopen:
      conversation.row.flags &= ~Conversation::kClosed;
      break;
    case EffectKind::escalate: {
      ending = "escalated";
      publish(step, "escalated", conversation, turn.index);
      step.out.once.emplace_back(
          Alarm{"turn.escalated", "a handler has escalated a message", conversation.row.account, conversation.row.id});
      return;
    }
    case EffectKind::consent:
      return consent(step, conversation, effect, handler.actor, turn.index);
    case EffectKind::notify:
      step.out.once.emplace_back(
          Alarm{"handler.notify", "a handler asks for attention", conversation.row.account, conversation.row.id});
      return;
    case EffectKind::sla: {
      Turn& open = *turns_.at(turn.index);
      if (open.deadline == 0) return;  // nobody waits
      open.deadline = step.now.wall + effect.number;
      agenda_.add(open.deadline, Agenda::What::turn, open.index);
      step.out.rows.emplace_back(open.row());
      return;
    }
    default:
      return;  // note; fetch is on record alone
  }
  save(step, conversation, true);
}

namespace {
std::int64_t timer_key(const Conversation& conversation, std::string_view handler, std::string_view id) {
  std::string text = std::to_string(conversation.row.number);
  text.append(1, '\0').append(handler).append(1, '\0').append(id);
  return first_int64(crypto::sha256(view(text)));
}
}  // namespace

void Core::Machine::schedule(Step& step, Conversation& conversation, const HandlerSettings& handler,
                             const Effect& effect) {
  const std::int64_t key = timer_key(conversation, handler.name, effect.text);
  const Micros due = effect.at ? effect.number : step.now.wall + effect.number;
  if (!timers_.contains(key)) ++conversation.timers;
  timers_[key] = {&conversation, handler.name, effect.text, due};
  agenda_.add(due, Agenda::What::timer, key);
  step.out.rows.emplace_back(TimerRow{key, conversation.row.number, handler.name, effect.text, due, false});
}

void Core::Machine::cancel(Step& step, Conversation& conversation, const HandlerSettings& handler,
                           const std::string& id) {
  const std::int64_t key = timer_key(conversation, handler.name, id);
  if (timers_.erase(key) == 0) return;
  --conversation.timers;
  step.out.rows.emplace_back(TimerRow{key, conversation.row.number, handler.name, id, 0, true});
}

// A timer comes back as an event of its own in the lane, for the handler that asked.
void Core::Machine::timer_due(Step& step, std::int64_t key) {
  const auto at = timers_.find(key);
  if (at == timers_.end() || at->second.due > step.now.wall) return;
  TimerState timer = std::move(at->second);
  timers_.erase(at);
  Conversation& conversation = *timer.conversation;
  --conversation.timers;
  step.out.rows.emplace_back(TimerRow{key, conversation.row.number, timer.handler, timer.id, 0, true});

  auto text = std::make_shared<std::string>();
  JsonObject object(*text);
  object.add("kind", "timer").add("thread", conversation.thread).add("timer", timer.id).add("handler", timer.handler);
  object.add("sent_at", rfc3339(timer.due)).end();
  auto turn = std::make_unique<Turn>();
  Record& made = record(step, "timer.fired", conversation);
  made.message = step.draw.id();
  made.body = text;
  made.retention = "dm";
  turn->index = made.index;
  turn->event_id = made.message;
  turn->conversation = &conversation;
  turn->received = wall_;
  turn->only = {timer.handler};
  turn->event.kind = Kind::timer;
  turn->event.thread = conversation.thread;
  turn->event.text = std::move(text);
  step.out.rows.emplace_back(turn->row());
  enqueue(*(turns_[turn->index] = std::move(turn)));
  push(step, conversation);
}

}  // namespace postern::core
