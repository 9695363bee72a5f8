// SPDX-License-Identifier: Apache-2.0
#include "invariants/memory.hpp"

#include "core/conversation.hpp"

namespace postern::simulation {
namespace {

std::string member(const std::string& context, std::string_view name) {
  const std::string start = "\"" + std::string(name) + "\":\"";
  const auto at = context.find(start);
  return at == context.npos ? std::string() : context.substr(at + start.size(), 32);
}

// As the brand is configured: one handler for all, one for each contact, the others for each conversation.
std::string place_of(const core::Handle& handle) {
  const std::string name(handle.handler);
  if (name == "desk") return name + " all";
  if (name == "loyal") return name + " contact:" + member(handle.context, "contact");
  return name + " " + member(handle.context, "conversation");
}

}  // namespace

void Memory::decided(const core::Record& record) {
  if (record.type != "subject.erase.requested") return;
  const std::string contact = record.contact.hex();
  std::erase_if(calls_, [&](const auto& each) { return each.second.contact == contact; });
  for (const auto& [place, touched] : touched_)
    if (touched.contact == contact) doubtful_[place] = touched.before;
}

void Memory::called(const core::Handle& handle) {
  std::string place = place_of(handle);
  if (const auto doubtful = doubtful_.extract(place); doubtful && doubtful.mapped() == handle.state)
    said_[place] = handle.state;
  std::string event = member(handle.context, "event"), contact = member(handle.context, "contact");
  if (auto& touched = touched_[place]; touched.event != event) touched = {std::move(event), contact, handle.state};
  const auto said = said_.find(place);
  const std::string expected = said == said_.end() ? "{}" : said->second;
  if (handle.state != expected)
    throw Violation("memory", "the state of " + place + " is " + handle.state + ", and it said " + expected + " last");
  calls_[handle.call] = {std::move(place), std::move(contact)};
}

void Memory::returned(std::uint64_t call, const core::Handled* answer) {
  const auto place = calls_.extract(call);
  if (!place || answer == nullptr) return;
  for (const auto& effect : answer->effects)
    if (effect.kind == core::EffectKind::state) said_[place.mapped().place] = effect.text;
}

void Memory::crashed() {
  calls_.clear();
  touched_.clear();
  doubtful_.clear();
  said_.clear();
  for (const auto& [key, row] : disk_.states()) said_[std::string(row.handler) + " " + row.scope] = *row.doc;
  for (const auto& [number, row] : disk_.conversations()) {
    core::Conversation conversation;
    if (row.doc) conversation.read_doc(*row.doc);
    for (const auto& [handler, state] : conversation.states) said_[handler + " " + row.id.hex()] = state;
  }
}

}  // namespace postern::simulation
