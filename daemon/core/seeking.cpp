// SPDX-License-Identifier: Apache-2.0
// What is not in memory. Conversations that are named by their pseudonym: a tool's command, and what a handler sends to
// another conversation, wait until the loader has been asked. And the events of a lane that is long.
#include <algorithm>
#include <utility>

#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {

Fetch& Core::Machine::seek(Step& step, const Id& conversation) {
  const auto [at, fresh] = seeking_.try_emplace(conversation, next_number_);
  Fetch& fetch = fetches_[at->second];
  if (!fresh) return fetch;
  fetch.conversation = conversation;
  Load load;
  load.load = next_number_++;
  load.conversation = conversation;
  auto& when = planted(Bug::loaded_early) ? step.out.once : step.out.commit;
  when.emplace_back(std::move(load));
  return fetch;
}

// If an event has brought it into memory meanwhile, memory's form is the newer one.
void Core::Machine::sought(Step& step, Fetch&& fetch, Loaded& input) {
  seeking_.erase(fetch.conversation);
  if (input.conversation)
    if (const AccountState* account = account_state(input.conversation->account)) adopt(account->settings->name, input);
  const auto at = by_id_.find(fetch.conversation);
  Conversation* const found = at == by_id_.end() ? nullptr : at->second;
  for (auto& command : fetch.commands) obey(step, std::move(command));
  for (Conversation* sender : fetch.senders) {
    if (found) {
      ++found->targeted;
      sender->chain->targets.push_back(found);
    } else {
      sender->chain->unknown_targets.push_back(fetch.conversation);
    }
    end_chain(step, *sender);
    push(step, *sender);
  }
}

// The effects of a chain are decided together, so it ends when all that it sends to is in memory. Each that had to be
// fetched stays there until then, or a few could push one another out for ever.
bool Core::Machine::waits_for_target(Step& step, Conversation& conversation) {
  const Chain& chain = *conversation.chain;
  for (const auto& [handler, effect] : chain.effects) {
    if (effect.kind != EffectKind::send) continue;
    const auto id = Id::from_hex(effect.value);
    if (!id || !*id || by_id_.contains(*id)) continue;
    if (std::ranges::find(chain.unknown_targets, *id) != chain.unknown_targets.end()) continue;
    seek(step, *id).senders.push_back(&conversation);
    return true;
  }
  return false;
}

// Of a lane only so many events are in memory; of the others only that they wait there.
void Core::Machine::enqueue(Turn& turn) {
  Conversation& conversation = *turn.conversation;
  turn.away = conversation.lane.size() >= settings_->lane_length;
  if (turn.away) turn.event = Event();
  conversation.lane.push_back(&turn);
  ++figures_.events_waiting;
}

void Core::Machine::recall(Step& step, Conversation& conversation) {
  if (std::exchange(conversation.recalls, true)) return;
  Load load;
  load.load = next_number_++;
  load.record = conversation.lane.front()->index;
  fetches_[load.load].lane = &conversation;
  step.out.commit.emplace_back(std::move(load));
}

void Core::Machine::recalled(Step& step, Conversation& conversation, const Text& event) {
  conversation.recalls = false;
  Turn& turn = *conversation.lane.front();
  turn.away = false;
  if (event)
    if (auto parsed = parse_event(*event)) turn.event = std::move(*parsed);
  push(step, conversation);
}

}  // namespace postern::core
