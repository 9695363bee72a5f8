// SPDX-License-Identifier: Apache-2.0
#include "invariants/order.hpp"

namespace postern::simulation {
namespace {

std::string member(const std::string& context, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const auto at = context.find(start);
  return at == context.npos ? std::string() : context.substr(at + start.size(), 32);
}

}  // namespace

Id Order::contact_of(std::string_view conversation) const {
  for (const auto& [number, row] : disk_.conversations())
    if (row.id.hex() == conversation) return row.contact;
  return {};
}

void Order::called(const core::Handle& handle) {
  Call call{member(handle.context, "conversation"), {}, {}};
  call.contact = contact_of(call.conversation);
  if (handle.handler == "desk") call.scope = "desk";
  if (handle.handler == "loyal") call.scope = "loyal " + member(handle.context, "contact");
  const auto event = events_.find(member(handle.context, "event"));
  if (event == events_.end()) throw Violation("order", "an event is handled that is not on record");
  auto& newest = newest_.try_emplace(call.conversation, core::kNone).first->second;
  if (event->second < newest)
    throw Violation("order", "record " + std::to_string(event->second) + " is handled after record " +
                                 std::to_string(newest) + " of its conversation");
  newest = event->second;
  if (erased_.contains(call.contact)) return;
  for (const auto& [number, open] : calls_) {
    if (open.conversation == call.conversation)
      throw Violation("order", "two events of conversation " + call.conversation + " are being handled at once");
    if (!call.scope.empty() && open.scope == call.scope)
      throw Violation("order", "two events are being handled at once in scope " + call.scope);
  }
  calls_[handle.call] = std::move(call);
}

void Order::stored(const core::Row& row) {
  const auto* part = std::get_if<core::OutboxRow>(&row);
  if (part != nullptr && static_cast<core::PartState>(part->state) == core::PartState::parked)
    parked_.insert(part->message);
}

// What stands before it in the outbox is parked or of a message that was: the rest of that may come later. Nothing else
// of the conversation is on its way or unclear.
void Order::left(const Request& request) {
  const auto own = disk_.outbox().find(request.part);
  if (own == disk_.outbox().end()) throw Violation("order", "part " + request.task + " left and is not in the outbox");
  for (const auto& [key, other] : disk_.outbox()) {
    if (other.conversation != own->second.conversation || key == request.part) continue;
    const auto state = static_cast<core::PartState>(other.state);
    const bool before =
        key < request.part && (other.message == own->second.message || !parked_.contains(other.message));
    if (before || state == core::PartState::sending || state == core::PartState::unknown)
      throw Violation("order", "part " + request.task + " left before part " + std::to_string(key) +
                                   " of its conversation was settled");
  }
}

}  // namespace postern::simulation
