// SPDX-License-Identifier: Apache-2.0
// Lanes: one event of a conversation is being handled at a time, by one handler after another.
#include <algorithm>
#include <utility>

#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

constexpr int kTries = 3;  // a handler that failed this often on one event does not get it again

// 64-bit key of a row that is named by texts. The texts are names of the configuration and pseudonyms, no secrets.
std::int64_t key_of(std::initializer_list<std::string_view> texts) {
  std::string joined;
  for (const auto text : texts) joined.append(text).append(1, '\0');
  return first_int64(crypto::sha256(view(joined)));
}

// What a handler wrote for people: a note, a reason.
void add_words(std::string& list, const Effect& effect) {
  list += list.size() > 1 ? "," : "";
  JsonObject(list).add("effect", name(effect.kind)).add_if("text", effect.text).add_if("value", effect.value).end();
}

}  // namespace

// Starts the next event of a lane if nothing hinders it.
void Core::Machine::push(Step& step, Conversation& conversation) {
  while ((!conversation.chain || planted(Bug::two_at_once)) && !conversation.at_gate && !conversation.lane.empty()) {
    Turn& turn = *conversation.lane.front();
    if (turn.away) return recall(step, conversation);
    auto chain = std::make_unique<Chain>();
    chain->turn = &turn;
    chain->settings = settings_;
    if (const RouteSettings* route = settings_->route(conversation.row.account, turn.event.kind))
      chain->handlers = route->handlers;
    if (!turn.only.empty()) {
      chain->handlers.clear();
      for (const auto name : turn.only)
        for (std::size_t i = 0; i < settings_->handlers.size(); ++i)
          if (settings_->handlers[i].name == name) chain->handlers.push_back(i);
    }
    if (!turn.event.text) chain->handlers.clear();  // it was erased meanwhile: there is nothing to ask about
    if (!chain->handlers.empty()) {
      const bool profile = waits_for_profile(step, conversation, *chain);
      if (waits_for_media(step, *chain) || profile) return;  // both wait at the same time
    }
    for (const std::size_t handler : chain->handlers)
      if (settings_->handlers[handler].scope != Scope::conversation)
        chain->gates.push_back(scope_value(conversation, settings_->handlers[handler]));
    std::sort(chain->gates.begin(), chain->gates.end());
    chain->gates.erase(std::unique(chain->gates.begin(), chain->gates.end()), chain->gates.end());
    if (!gates_free(*chain)) {
      for (const auto& gate : chain->gates)
        if (const auto at = gates_.find(gate); at != gates_.end()) {
          at->second.push_back(&conversation);
          conversation.at_gate = true;
          return;
        }
    }
    take_gates(*chain);
    conversation.lane.erase(conversation.lane.begin());
    conversation.chain = std::move(chain);
    if (conversation.chain->handlers.empty())
      end_chain(step, conversation);
    else
      ask(step, conversation);
  }
}

bool Core::Machine::gates_free(const Chain& chain) const {
  if (planted(Bug::gate_open)) return true;
  return std::none_of(chain.gates.begin(), chain.gates.end(), [&](const auto& gate) { return gates_.contains(gate); });
}

void Core::Machine::take_gates(Chain& chain) {
  for (const auto& gate : chain.gates) gates_.try_emplace(gate);
}

// Whoever waits for a scope gets it in turn; who cannot go on for another reason lets the next one try.
void Core::Machine::leave_gates(Step& step, Chain& chain) {
  for (const auto& gate : chain.gates) {
    std::deque<Conversation*> waiting = std::move(gates_[gate]);
    gates_.erase(gate);
    while (!waiting.empty()) {
      Conversation& next = *waiting.front();
      waiting.pop_front();
      next.at_gate = false;
      push(step, next);
      if (const auto at = gates_.find(gate); at != gates_.end()) {
        at->second.insert(at->second.begin(), waiting.begin(), waiting.end());
        break;
      }
    }
  }
}

// True while the lane waits for a look-up of the contact's profile; it waits `profile_wait` at most.
bool Core::Machine::waits_for_profile(Step& step, Conversation& conversation, const Chain& chain) {
  if (conversation.lookup) return true;
  const AccountSettings& account = settings_of(conversation);
  Contact& contact = *conversation.contact;
  const bool wanted = std::any_of(chain.handlers.begin(), chain.handlers.end(),
                                  [&](std::size_t handler) { return settings_->handlers[handler].needs_profile; });
  if (!wanted || !account.looks_up_profiles || conversation.is_public() || contact.sender.empty()) return false;
  const bool stale = contact.looked_up_at + kDay <= step.now.wall;
  if (!stale || !chain.turn->event.sender_name.empty()) return false;
  contact.looked_up_at = step.now.wall;
  conversation.lookup = next_number_++;
  lookups_[conversation.lookup] = &conversation;
  agenda_.add(step.now.wall + settings_->profile_wait, Agenda::What::lookup, conversation.row.number);
  LookUp look{conversation.lookup, account.name, account.section, {}};
  JsonObject task(look.task);
  task.add("task", std::to_string(conversation.lookup)).add("kind", "profile").add("account", account.name);
  task.add_if("account_key", account.account_key).raw("options", account.options);
  task.add("thread", conversation.thread).add("sender", contact.sender).end();
  step.out.once.emplace_back(std::move(look));
  return true;
}

void Core::Machine::profiled(Step& step, Profiled&& input) {
  const auto at = lookups_.find(input.lookup);
  if (at == lookups_.end()) return;  // it came after the lane had gone on
  Conversation& conversation = *at->second;
  lookups_.erase(at);
  conversation.lookup = 0;
  Contact& contact = *conversation.contact;
  if (contact.rectified) return push(step, conversation);
  if (!input.name.empty()) contact.name = std::move(input.name);
  if (!input.first_name.empty()) contact.first_name = std::move(input.first_name);
  if (!input.handle.empty()) contact.handle = std::move(input.handle);
  if (!input.locale.empty()) contact.locale = std::move(input.locale);
  save(step, conversation.contact);
  push(step, conversation);
}

std::string Core::Machine::scope_value(const Conversation& conversation, const HandlerSettings& handler) {
  switch (handler.scope) {
    case Scope::conversation:
      return {};
    case Scope::contact:
      return std::string(handler.name) + " contact:" + conversation.contact->id.hex();
    case Scope::account:
      return std::string(handler.name) + " account:" + std::string(conversation.row.account);
    case Scope::all:
      return std::string(handler.name) + " all";
  }
  return {};
}

// Called when somebody is about to drop a contact: if nobody else holds it, it leaves memory with all that is kept
// under it. Whatever of it has changed is durable.
void Core::Machine::let_go(const std::shared_ptr<Contact>& contact) {
  if (contact.use_count() != 1) return;
  contacts_.erase(thread_key(contact->account, contact->sender));
  forget_states(contact->id);
}

void Core::Machine::forget_states(const Id& contact) {
  for (const auto& handler : settings_->handlers)
    if (handler.scope == Scope::contact)
      states_.erase(key_of({std::string(handler.name) + " contact:" + contact.hex()}));
}

std::string Core::Machine::state_of(const Conversation& conversation, const HandlerSettings& handler) const {
  if (handler.scope == Scope::conversation) {
    const auto at = conversation.states.find(handler.name);
    return at == conversation.states.end() ? "{}" : at->second;
  }
  const auto at = states_.find(key_of({scope_value(conversation, handler)}));
  return at == states_.end() ? "{}" : at->second;
}

void Core::Machine::set_state(Step& step, Conversation& conversation, const HandlerSettings& handler,
                              const std::string& state) {
  if (handler.scope == Scope::conversation) {
    conversation.states[std::string(handler.name)] = state;
    return save(step, conversation, !planted(Bug::state_forgotten));
  }
  const std::string scope = scope_value(conversation, handler);
  StateRow row{key_of({scope}), handler.name, scope.substr(handler.name.size() + 1), {}, nullptr};
  if (handler.scope == Scope::contact) row.contact = conversation.contact->id;
  states_[row.key] = state;
  row.doc = std::make_shared<const std::string>(state);
  step.out.rows.emplace_back(std::move(row));
}

void Core::Machine::ask(Step& step, Conversation& conversation) {
  Chain& chain = *conversation.chain;
  const HandlerSettings& handler = chain.settings->handlers[chain.handlers[chain.at]];
  chain.call = next_number_++;
  calls_[chain.call] = &conversation;
  Handle call{chain.call,
              handler.name,
              chain.turn->event.text,
              conversation.context(*chain.turn),
              state_of(conversation, handler),
              {},
              chain.attempt > 1};
  JsonObject turn(call.turn);
  turn.add("replied", chain.replied).add("effects", chain.effects.size()).add("attempt", chain.attempt).end();
  (handler.external ? step.out.commit : step.out.once).emplace_back(std::move(call));
}

void Core::Machine::handled(Step& step, Handled&& input) {
  const auto at = calls_.find(input.call);
  if (at == calls_.end()) return;  // an answer to a call that was given up
  Conversation& conversation = *at->second;
  calls_.erase(at);
  Chain& chain = *conversation.chain;
  for (auto& effect : input.effects) {
    chain.replied |= is_answer(effect.kind) && !effect.ack;
    chain.effects.push_back({chain.handlers[chain.at], std::move(effect)});
  }
  next_handler(step, conversation, input.stop);
}

void Core::Machine::handler_failed(Step& step, HandlerFailed&& input) {
  const auto at = calls_.find(input.call);
  if (at == calls_.end()) return;
  Conversation& conversation = *at->second;
  calls_.erase(at);
  Chain& chain = *conversation.chain;
  if (++chain.attempt <= kTries) return ask(step, conversation);
  const HandlerSettings& handler = chain.settings->handlers[chain.handlers[chain.at]];
  Record& made = record(step, "plugin.quarantined", conversation);
  made.actor = handler.actor;
  made.outcome = "failed";
  made.cause = chain.turn->index;
  made.message = chain.turn->event_id;
  chain.failed.push_back(handler.name);
  chain.quarantine_reason.append(chain.quarantine_reason.empty() ? "" : "; ").append(handler.name).append(": ");
  chain.quarantine_reason.append(input.reason);
  // Those that are not asked any more must not miss it either.
  for (std::size_t i = chain.at + 1; handler.hold_on_failure && i < chain.handlers.size(); ++i)
    chain.failed.push_back(chain.settings->handlers[chain.handlers[i]].name);
  step.out.once.emplace_back(Alarm{"event.quarantined",
                                   "handler " + std::string(handler.name) +
                                       " failed three times on one event, which "
                                       "is kept for it in quarantine; see `posternctl quarantine list`",
                                   conversation.row.account, conversation.row.id});
  next_handler(step, conversation, handler.hold_on_failure);
}

void Core::Machine::next_handler(Step& step, Conversation& conversation, bool stop) {
  Chain& chain = *conversation.chain;
  chain.attempt = 1;
  if (stop || ++chain.at >= chain.handlers.size()) {
    end_chain(step, conversation);
    push(step, conversation);
  } else {
    ask(step, conversation);
  }
}

// All effects of a chain are decided together, in one batch with the end of the event.
void Core::Machine::end_chain(Step& step, Conversation& conversation) {
  if (waits_for_target(step, conversation)) return;
  const std::unique_ptr<Chain> chain = std::move(conversation.chain);
  Turn& turn = *chain->turn;
  --figures_.events_waiting;
  bool spoke = false;
  std::string_view ending;  // escalated, declined
  std::string others, words = "[";
  std::int64_t count = 0;
  std::string_view actor = chain->handlers.empty() ? "system" : chain->settings->handlers[chain->handlers.back()].actor;
  for (const auto& [position, effect] : chain->effects) {
    const HandlerSettings& handler = chain->settings->handlers[position];
    if (is_outbound(effect.kind)) {
      speak(step, conversation, {effect, handler.author, handler.actor, &turn, turn.index});
      spoke = true;
      continue;
    }
    apply_effect(step, conversation, handler, effect, turn, ending);
    if (effect.kind == EffectKind::state) continue;
    others.append(others.empty() ? "" : "-").append(name(effect.kind));
    add_words(words, effect);
    actor = handler.actor;
    ++count;
  }
  if (count > 0 || !spoke) {
    Record& made = record(step, "handler.decision", conversation);
    made.actor = actor;
    made.cause = turn.index;
    made.message = turn.event_id;
    made.decision = others.empty() ? "none" : others.substr(0, 200);
    made.count = count;
    if (count > 0) {
      auto body = std::make_shared<std::string>();
      JsonObject(*body).raw("effects", words + "]").end();
      made.body = std::move(body);
      made.retention = conversation.is_public() ? "comment" : "dm";
    }
  }
  for (Conversation* target : chain->targets) --target->targeted;
  changed(conversation);  // whatever was changed on the way is on disk when its last record is
  leave_gates(step, *chain);
  if (!chain->failed.empty()) {
    turn.only = std::move(chain->failed);
    return quarantine(step, turn, std::move(chain->quarantine_reason));
  }
  turn.event.text = nullptr;  // nobody will be asked about it again
  if (!std::exchange(turn.only, {}).empty()) step.out.rows.emplace_back(turn.row());
  const std::int64_t index = turn.index;
  if (ending == "escalated" || turn.deadline == 0)
    end_turn(step, turn, ending, ending.empty() ? "" : "bot");
  else if (is_being_answered(turn))
    turn.stage = Turn::Stage::waiting;  // the outbox ends it, or gives it back
  else if (!ending.empty())
    end_turn(step, turn, ending, "bot");
  else
    turn_waits(step, turn);
  if (planted(Bug::turn_erased_early))
    step.out.rows.emplace_back(OpenTurnRow{index, conversation.row.number, 0, 0, true});
}

void Core::Machine::quarantine(Step& step, Turn& turn, std::string reason) {
  quarantine_reasons_[turn.index] = std::move(reason);
  turn.stage = Turn::Stage::quarantine;
  ++figures_.quarantined;
  turn.conversation->waiting.push_back(&turn);
  step.out.rows.emplace_back(turn.row());
}

// ---- turns

// Is a part that would answer it still on its way? One that is parked is not, nor what waits behind it.
bool Core::Machine::is_being_answered(const Turn& turn) const {
  std::vector<Id> parked;
  for (const auto& part : turn.conversation->parts) {
    if (part->state == PartState::parked) parked.push_back(part->message);
    if (part->turn == turn.index && part->answers() &&
        std::find(parked.begin(), parked.end(), part->message) == parked.end())
      return true;
  }
  return false;
}

void Core::Machine::turn_waits(Step& step, Turn& turn) {
  if (turn.stage == Turn::Stage::quarantine) return;  // it waits already, for posternctl
  Conversation& conversation = *turn.conversation;
  if (std::find(conversation.waiting.begin(), conversation.waiting.end(), &turn) == conversation.waiting.end()) {
    conversation.waiting.push_back(&turn);
    ++figures_.turns_waiting;
  }
  turn.stage = Turn::Stage::waiting;
  // It was being answered when its time ran out and that answer came to nothing.
  if (turn.deadline <= step.now.wall) agenda_.add(step.now.wall, Agenda::What::turn, turn.index);
  step.out.rows.emplace_back(OpenTurnRow{turn.index, conversation.row.number, turn.deadline, 1, false});
}

// `ending` empty: nobody waited for an answer (a reaction, a timer); it only had to be handled.
void Core::Machine::end_turn(Step& step, Turn& turn, std::string_view ending, std::string_view by) {
  const bool emptied = ending == "answered" && planted(Bug::quarantine_emptied);
  const bool kept = turn.stage == Turn::Stage::quarantine && !emptied;
  if (kept && turn.deadline == 0) return;  // it has ended before
  if (!ending.empty()) {
    step.out.rows.emplace_back(TurnRow{turn.index, turn.conversation->row.number, turn.received, wall_, ending, by});
    if (ending == "answered") ++figures_.answered;
    if (ending == "escalated") ++figures_.escalated;
  }
  if (!kept) return drop_turn(step, turn);
  // The contact waits no longer, but a handler has not seen it yet: that is for a person to requeue or discard.
  turn.deadline = 0;
  step.out.rows.emplace_back(turn.row());
}

void Core::Machine::drop_turn(Step& step, Turn& turn) {
  Conversation& conversation = *turn.conversation;
  step.out.rows.emplace_back(OpenTurnRow{turn.index, conversation.row.number, 0, 0, true});
  if (const auto at = std::find(conversation.waiting.begin(), conversation.waiting.end(), &turn);
      at != conversation.waiting.end()) {
    conversation.waiting.erase(at);
    --(turn.stage == Turn::Stage::quarantine ? figures_.quarantined : figures_.turns_waiting);
  }
  quarantine_reasons_.erase(turn.index);
  turns_.erase(turn.index);
}

// Promise 7: a turn that nobody has dealt with is escalated by the core itself.
void Core::Machine::turn_due(Step& step, std::int64_t index) {
  const auto at = turns_.find(index);
  if (at == turns_.end()) return;
  Turn& turn = *at->second;
  if (turn.deadline == 0 || turn.deadline > step.now.wall || planted(Bug::deadline_forgotten)) return;
  Conversation& conversation = *turn.conversation;
  if (turn.stage == Turn::Stage::open || is_being_answered(turn)) {
    // Still being handled or answered: look again, so that it cannot slip away.
    if (!std::exchange(turn.late, true))
      step.out.once.emplace_back(Alarm{"turn.late", "a message is past its deadline and its answer still on the way",
                                       conversation.row.account, conversation.row.id});
    return agenda_.add(step.now.wall + kMinute, Agenda::What::turn, index);
  }
  Record& made = record(step, "turn.escalated", conversation);
  made.cause = index;
  made.message = turn.event_id;
  made.decision = "unanswered";
  publish(step, "escalated", conversation, made.index, "unanswered");
  step.out.once.emplace_back(Alarm{"turn.unanswered", "nobody has answered a message before its deadline",
                                   conversation.row.account, conversation.row.id});
  end_turn(step, turn, "escalated", "system");
}

}  // namespace postern::core
