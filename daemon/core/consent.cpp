// SPDX-License-Identifier: Apache-2.0
// What contacts agree to and ask for is put on record, and what has waited for it goes on.
#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {

// What an event says of the contact. True if their document has changed.
bool Core::Machine::hear(Step& step, Conversation& conversation, Contact& sender, const Event& event,
                         std::int64_t record_index) {
  const Learned learned = learn(conversation, sender, event, *settings_of(conversation).pack, questions_.key());
  if (learned.opted_in) release_for(step, sender);
  if (learned.wish == policy::Wish::none) return learned.contact;
  const std::string_view type = learned.wish == policy::Wish::stop ? "consent.revoked" : "consent.granted";
  Record& made = record(step, type, conversation);
  made.contact = sender.id;
  made.cause = record_index;  // the evidence: the message that says it
  publish(step, type, conversation, made.index);
  return true;
}

// A handler or an agent has it from the contact.
void Core::Machine::consent(Step& step, Conversation& conversation, const Effect& effect, std::string_view actor,
                            std::int64_t cause) {
  Contact& contact = *conversation.contact;
  const bool granted = effect.value == "granted";
  set_consent(contact, effect.purpose, granted);
  Record& made = record(step, granted ? "consent.granted" : "consent.revoked", conversation);
  made.actor = actor;
  made.cause = cause;
  auto body = std::make_shared<std::string>();
  JsonObject(*body).add("purpose", effect.purpose).add_if("evidence", effect.text).end();
  made.body = std::move(body);
  made.retention = "dm";
  save(step, conversation.contact);
  if (granted) release_for(step, contact);
}

// What has waited for this contact's consent is judged again.
void Core::Machine::release_for(Step& step, const Contact& contact) {
  std::map<std::int64_t, Part*> waiting;
  for (const auto& [key, part] : parts_)
    if (part->state == PartState::wants && part->conversation->contact.get() == &contact) waiting[key] = part;
  for (const auto& [key, part] : waiting) set_part(step, *part, PartState::held, step.now.wall);
}

}  // namespace postern::core
