// SPDX-License-Identifier: Apache-2.0
// How things stand with a contact, as policy asks for it: what they have agreed to and asked for, what they have said,
// and how often we have spoken since.
#include <algorithm>

#include "core/interned.hpp"
#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/stop_words.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kFingerprintsKept = 256;  // 4 KiB in the contact's sealed document

bool is_waiting_machine(const Part& part) {
  return part.author != policy::Author::human && policy::is_message(part.effect);
}

}  // namespace

// All that is known without the message itself.
policy::Question Core::Machine::standing(const Step& step, const Conversation& conversation, policy::Author author) {
  const Contact& contact = *conversation.contact;
  policy::Question question;
  question.author = author;
  question.now = step.now.wall;
  question.last_user = conversation.row.last_user;
  question.account = settings_of(conversation).key;
  question.contact = conversation.row.contact_number;
  question.since_user = conversation.count(Conversation::kSinceUser);
  question.public_turns = conversation.count(Conversation::kPublicTurns);
  const auto known = static_cast<std::int64_t>(conversation.participants.size());
  if (conversation.is_group()) question.participants = std::max(known + 1, conversation.count(Conversation::kParticipants));
  question.follows = conversation.is(Conversation::kFollows);
  question.likes = conversation.is(Conversation::kLikes);
  question.opted_in = conversation.is(Conversation::kOptedIn);
  question.asks = conversation.is(Conversation::kAsks);
  question.written_to = conversation.row.last_bot != 0 || conversation.row.last_human != 0;
  question.disclosed = conversation.is(Conversation::kDisclosed) ||
                       std::any_of(conversation.parts.begin(), conversation.parts.end(),
                                   [](const auto& part) { return is_waiting_machine(*part); });
  if (!contact.consents.empty()) question.consents = &contact.consents;
  if (!contact.attributes.empty()) question.attributes = &contact.attributes;
  question.zones = settings_->zones.get();
  question.fingerprint_key = &fingerprint_key_;
  if (!contact.said.empty()) {
    said_sorted_ = contact.said;
    std::sort(said_sorted_.begin(), said_sorted_.end());
    question.said_in_private = &said_sorted_;
  }
  return question;
}

// A part that is judged again. Those of its conversation that are on their way have not been counted yet.
policy::Question Core::Machine::question(const Step& step, const Part& part) {
  const Conversation& conversation = *part.conversation;
  static const std::vector<Attachment> kMedia{{"media", "", ""}};
  policy::Question question = standing(step, conversation, part.author);
  question.effect = part.effect;
  question.public_ = part.public_;
  question.attachments = part.media ? &kMedia : nullptr;
  question.comment_at = part.comment_at;
  question.purpose = part.purpose;
  question.text_hash = part.text_hash;
  question.retry = true;
  question.approved = true;  // what has to be approved is not tried before
  for (const auto& other : conversation.parts)
    if (other.get() != &part && policy::is_message(other->effect) &&
        (other->state == PartState::sending || other->state == PartState::unknown))
      ++question.since_user;
  return question;
}

// What an event says of the contact, besides what it says to us. `sender` is who did it, in a group one of many.
bool Core::Machine::learn(Step& step, Conversation& conversation, Contact& sender, const Event& event,
                          std::int64_t record_index) {
  const policy::Pack& pack = *settings_of(conversation).pack;
  if (event.participants > 2) conversation.count(Conversation::kParticipants, event.participants);
  if (event.outgoing) return false;
  const std::string purpose = event.purpose.empty() ? "all" : event.purpose;
  switch (event.kind) {
    case Kind::follow:
      conversation.set(Conversation::kFollows, !event.undone);
      return false;
    case Kind::request:
      conversation.set(Conversation::kAsks, true);
      return false;
    case Kind::optin:
      conversation.set(Conversation::kOptedIn, true);
      sender.consents[purpose] = "granted";
      sender.consents.erase("all");
      release_for(step, sender);
      return true;
    case Kind::optout:
      conversation.set(Conversation::kOptedIn, false);
      sender.consents[purpose] = "revoked";
      return true;
    case Kind::message:
      return !event.public_ && listen(step, conversation, sender, event, record_index, pack);
    default:
      return false;
  }
}

// STOP and START, and what must not be repeated in public.
bool Core::Machine::listen(Step& step, Conversation& conversation, Contact& sender, const Event& event,
                           std::int64_t record_index, const policy::Pack& pack) {
  bool changed = false;
  if (pack.has("private_words") && !event.said.empty()) {
    for (const std::uint64_t each : policy::fingerprints(event.said, fingerprint_key_))
      if (std::find(sender.said.begin(), sender.said.end(), each) == sender.said.end()) {
        sender.said.push_back(each);
        changed = true;
      }
    if (sender.said.size() > kFingerprintsKept)
      sender.said.erase(sender.said.begin(), sender.said.end() - kFingerprintsKept);
  }
  const policy::Wish wish = pack.wish(event.said);
  const bool stopped = policy::word(&sender.consents, "all") == "revoked";
  if (wish == policy::Wish::none || (wish == policy::Wish::stop) == stopped) return changed;
  if (wish == policy::Wish::stop)
    sender.consents["all"] = "revoked";
  else
    sender.consents.erase("all");
  Record& made = record(step, stopped ? "consent.granted" : "consent.revoked", conversation);
  made.contact = sender.id;
  made.cause = record_index;  // the evidence: the message that says it
  publish(step, stopped ? "consent.granted" : "consent.revoked", conversation, made.index);
  return true;
}

// A handler or an agent has it from the contact.
void Core::Machine::consent(Step& step, Conversation& conversation, const Effect& effect, std::string_view actor,
                            std::int64_t cause) {
  Contact& contact = *conversation.contact;
  const bool granted = effect.value == "granted";
  contact.consents[effect.purpose] = effect.value;
  if (granted && effect.purpose == "all") contact.consents.erase("all");
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

// What a part's arrival changes. Its conversation is saved by the caller.
void Core::Machine::note_sent(Step& step, Conversation& conversation, const Part& part) {
  if (!policy::is_message(part.effect)) return;
  conversation.count(Conversation::kSinceUser, conversation.count(Conversation::kSinceUser) + 1);
  if (part.public_) {
    conversation.count(Conversation::kPublicTurns, conversation.count(Conversation::kPublicTurns) + 1);
    return;
  }
  conversation.set(Conversation::kAsks, false);  // an answer accepts a request
  const bool discloses = part.author != policy::Author::human && !conversation.is(Conversation::kDisclosed) &&
                         settings_of(conversation).pack->has("disclosure");
  if (!discloses) return;
  conversation.set(Conversation::kDisclosed, true);
  Record& made = record(step, "automation.notice", conversation);
  made.cause = part.intent();
  made.message = part.message;
}

}  // namespace postern::core
