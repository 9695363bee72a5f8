// SPDX-License-Identifier: Apache-2.0
#include "operator.hpp"

namespace postern::simulation {
namespace {

constexpr std::int64_t kParked = 5, kWaiting = 1, kQuarantine = 2;  // OutboxRow::state, OpenTurnRow::stage

}  // namespace

void Operator::work() {
  if (!shell_.up()) return;
  ask_again();
  if (world_.dice.happens(60)) return erase();
  switch (world_.dice.between(0, 3)) {
    case 0:
      return answer();
    case 1:
      return resolve();
    case 2:
      return requeue();
    default:
      for (auto* platform : platforms_)
        if (platform->refuses()) resume(*platform);
  }
}

void Operator::mend() {
  for (auto* platform : platforms_) resume(*platform);
}

core::Command Operator::made(std::string method) {
  core::Command command;
  command.id = "command-" + std::to_string(next_++);
  command.actor = "user:00112233445566778899aabbccddeeff";
  command.method = std::move(method);
  return command;
}

// The tool of a person remembers what it was not answered, and tries again.
void Operator::ask_again() {
  const auto unheard = unheard_;
  for (const auto& [id, command] : unheard)
    if (world_.dice.happens(700)) give(command);
}

void Operator::give(const core::Command& command) {
  unheard_[command.id] = command;
  shell_.command(core::Command(command), [this, command](const core::Reply& reply) {
    unheard_.erase(command.id);
    if (is_erased(command.conversation)) return;
    commands_.heard(command, reply);
  });
}

bool Operator::is_erased(const std::string& conversation) const {
  for (const auto& [number, row] : world_.disk.conversations())
    if (row.id.hex() == conversation) return row.doc == nullptr;
  return false;
}

// An agent answers or closes a conversation that waits, or one from long ago; the tool may ask twice.
void Operator::answer() {
  std::vector<std::int64_t> waiting;
  for (const auto& [index, row] : world_.disk.open_turns())
    if (row.stage == kWaiting) waiting.push_back(row.conversation);
  if (const auto* old = world_.disk.any_conversation(world_.dice); old && world_.dice.happens(300))
    waiting = {old->number};
  if (waiting.empty()) return;
  auto command = made(world_.dice.happens(700) ? "reply" : "conversation.close");
  const auto* chosen = world_.disk.conversation(world_.dice.one_of(waiting));
  command.conversation = chosen->id.hex();
  command.in_public = (chosen->flags & core::Conversation::kPublic) != 0 && world_.dice.happens(700);
  command.text = Commands::token(command) + "I will look after it.";
  give(command);
  if (world_.dice.happens(300)) give(command);
}

// Truthfully, so it waits until it can be told.
void Operator::resolve() {
  for (const auto& [key, row] : world_.disk.outbox()) {
    if (row.state != kParked) continue;
    Platform& platform = platform_of(row);
    const std::string part = part_id(row.message, key % 256);
    if (platform.under_way(part)) continue;
    auto command = made("outbox.resolve");
    command.index = key;
    command.text = platform.shown(part) ? "sent" : world_.dice.happens(700) ? "resend" : "drop";
    return give(command);
  }
}

void Operator::requeue() {
  for (const auto& [index, row] : world_.disk.open_turns()) {
    if (row.stage != kQuarantine || world_.dice.happens(500)) continue;
    const bool discards = world_.dice.happens(300);
    auto command = made(discards ? "quarantine.discard" : "quarantine.requeue");
    command.index = index;
    command.text = "spam";
    ++(discards ? world_.coverage.discarded : world_.coverage.requeued);
    return give(command);
  }
}

// Somebody asks to be forgotten, by name or by pseudonym; what was to be said to them meanwhile finds nobody.
void Operator::erase() {
  const auto* chosen = world_.disk.any_conversation(world_.dice);
  if (!chosen || !chosen->doc) return;
  auto command = made("contact.erase");
  command.contact = chosen->contact.hex();
  command.text = "they asked by mail";
  command.via = "mail";
  give(command);
}

void Operator::resume(Platform& platform) {
  platform.mend();
  auto command = made("account.resume");
  command.account = platform.account();
  give(command);
}

Platform& Operator::platform_of(const core::OutboxRow& row) {
  const auto account = world_.disk.conversation(row.conversation)->account;
  for (auto* platform : platforms_)
    if (platform->account() == account) return *platform;
  throw Violation("simulation", "a part of no account");
}

}  // namespace postern::simulation
