// SPDX-License-Identifier: Apache-2.0
#include "core/standing.hpp"

#include <algorithm>

#include "core/interned.hpp"
#include "core/planted.hpp"
#include "core/policy/stop_words.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kFingerprintsKept = 256;  // 4 KiB in the contact's sealed document

const std::vector<Attachment> kMedia{{"media", "", ""}};  // a part says only that it is some

/// Does its arrival tell the contact that a machine answers? A template tells only what was approved.
bool discloses(const Part& part) {
  return part.author != policy::Author::human && policy::is_message(part.effect) && !part.is_form();
}

/// Will it tell them, before what is said now? What waits for a person, a consent or a time may be taken back.
bool will_disclose(const Part& part) {
  const bool waits = part.state == PartState::asks || part.state == PartState::wants || part.state == PartState::held ||
                     part.state == PartState::parked;
  return !waits && discloses(part);
}

// What must not be repeated in public. True if there is something new.
bool remember_words(Contact& sender, std::string_view said, const policy::FingerprintKey& key) {
  bool changed = false;
  for (const std::uint64_t each : policy::fingerprints(said, key))
    if (std::find(sender.said.begin(), sender.said.end(), each) == sender.said.end()) {
      sender.said.push_back(each);
      changed = true;
    }
  if (sender.said.size() > kFingerprintsKept)
    sender.said.erase(sender.said.begin(), sender.said.end() - kFingerprintsKept);
  return changed;
}

}  // namespace

void observe(Conversation& conversation, const Event& event, const policy::Pack& pack, Micros now) {
  const Micros at = event.sent_at > 0 ? std::min(event.sent_at, now) : now;
  if (!event.outgoing) {
    conversation.row.last_in = std::max(conversation.row.last_in, at);
    if (event.user_action && pack.opens(event.kind)) {
      conversation.count(Conversation::kSinceUser, 0);
      conversation.row.last_user = std::max(conversation.row.last_user, at);
      conversation.row.flags &= ~Conversation::kClosed;
    }
  } else if (event.kind == Kind::echo && !event.from_app) {
    // A person of the brand has answered in the platform's own application.
    conversation.row.last_human = std::max(conversation.row.last_human, at);
    conversation.hops = 0;
  }
}

void set_consent(Contact& contact, const std::string& purpose, bool granted) {
  if (granted && purpose == "all")
    contact.consents.erase("all");  // as if they had never asked to be left alone
  else
    contact.consents[purpose] = granted ? "granted" : "revoked";
}

Learned learn(Conversation& conversation, Contact& sender, const Event& event, const policy::Pack& pack,
              const policy::FingerprintKey& key) {
  Learned learned;
  if (event.participants > 2) conversation.count(Conversation::kParticipants, event.participants);
  if (event.outgoing) return learned;
  const std::string purpose = event.purpose.empty() ? "all" : event.purpose;
  switch (event.kind) {
    case Kind::follow:
      conversation.set(Conversation::kFollows, !event.undone);
      break;
    case Kind::like:
      conversation.set(Conversation::kLikes, !event.undone);
      break;
    case Kind::request:
      conversation.set(Conversation::kAsks, true);
      break;
    case Kind::optin:
    case Kind::optout:
      learned.opted_in = event.kind == Kind::optin;
      conversation.set(Conversation::kOptedIn, learned.opted_in);
      set_consent(sender, purpose, learned.opted_in);
      if (learned.opted_in) set_consent(sender, "all", true);
      learned.contact = true;
      break;
    case Kind::message: {
      if (event.public_) break;
      if (pack.has("private_words") && !event.said.empty()) learned.contact = remember_words(sender, event.said, key);
      const policy::Wish wish = pack.wish(event.said);
      const bool stopped = policy::word(&sender.consents, "all") == "revoked";
      if (wish == policy::Wish::none || (wish == policy::Wish::stop) == stopped) break;
      set_consent(sender, "all", wish == policy::Wish::start);
      learned.wish = wish;
      learned.contact = true;
      break;
    }
    default:
      break;
  }
  return learned;
}

bool note_sent(Conversation& conversation, const Part& part, const policy::Pack& pack, Micros now) {
  if (part.author == policy::Author::human) {
    conversation.row.last_human = now;
    conversation.hops = 0;
  } else if (policy::is_message(part.effect)) {
    conversation.row.last_bot = now;
    ++conversation.hops;
  }
  if (!policy::is_message(part.effect)) return false;
  conversation.count(Conversation::kSinceUser, conversation.count(Conversation::kSinceUser) + 1);
  if (part.public_) {
    conversation.count(Conversation::kPublicTurns, conversation.count(Conversation::kPublicTurns) + 1);
    return false;
  }
  conversation.set(Conversation::kAsks, false);  // an answer accepts a request
  if (!discloses(part) || conversation.is(Conversation::kDisclosed) || !pack.has("disclosure")) return false;
  conversation.set(Conversation::kDisclosed, true);
  return true;
}

Part* front(const Conversation& conversation) {
  for (const auto& part : conversation.parts)
    if (part->state == PartState::sending || (part->state == PartState::unknown && !planted(Bug::unclear_let_pass)))
      return part.get();
  std::vector<Id> parked;
  for (const auto& part : conversation.parts) {
    if (part->state == PartState::parked || (part->state == PartState::unknown && planted(Bug::unclear_let_pass)))
      parked.push_back(part->message);
    if (std::find(parked.begin(), parked.end(), part->message) == parked.end()) return part.get();
  }
  return nullptr;
}

std::string_view purpose_of(const Effect& effect, policy::Author author) {
  if (!effect.purpose.empty()) return intern(effect.purpose);
  return author == policy::Author::campaign ? "marketing" : "service";
}

std::int64_t Questions::person(std::int64_t contact) const {
  const auto at = persons_.find(contact);
  return at == persons_.end() ? contact : at->second;
}

std::vector<LinkRow> Questions::link(std::int64_t one, std::int64_t other) {
  const std::int64_t a = person(one), b = person(other), gone = std::max(a, b), person = std::min(a, b);
  std::vector<LinkRow> changed;
  if (a == b) return changed;
  for (auto& [contact, is] : persons_)
    if (is == gone) changed.push_back({contact, is = person});
  if (persons_.try_emplace(gone, person).second) changed.push_back({gone, person});
  std::sort(changed.begin(), changed.end(), [](const LinkRow& x, const LinkRow& y) { return x.contact < y.contact; });
  return changed;
}

policy::Question Questions::about(const Conversation& conversation, std::int64_t account, policy::Author author,
                                  Micros now) {
  const Contact& contact = *conversation.contact;
  policy::Question question;
  question.author = author;
  question.now = now;
  question.last_user = conversation.row.last_user;
  question.account = account;
  question.contact = conversation.row.contact_number;
  question.person = person(question.contact);
  question.since_user = conversation.count(Conversation::kSinceUser);
  question.public_turns = conversation.count(Conversation::kPublicTurns);
  const auto known = static_cast<std::int64_t>(conversation.participants.size());
  if (conversation.is_group())
    question.participants = std::max(known + 1, conversation.count(Conversation::kParticipants));
  question.follows = conversation.is(Conversation::kFollows);
  question.likes = conversation.is(Conversation::kLikes);
  question.opted_in = conversation.is(Conversation::kOptedIn);
  question.asks = conversation.is(Conversation::kAsks);
  question.written_to = conversation.row.last_bot != 0 || conversation.row.last_human != 0;
  question.disclosed =
      conversation.is(Conversation::kDisclosed) || std::any_of(conversation.parts.begin(), conversation.parts.end(),
                                                               [](const auto& part) { return will_disclose(*part); });
  if (!contact.consents.empty()) question.consents = &contact.consents;
  if (!contact.attributes.empty()) question.attributes = &contact.attributes;
  question.zones = zones_;
  question.fingerprint_key = &key_;
  if (!contact.said.empty()) {
    said_sorted_ = contact.said;
    std::sort(said_sorted_.begin(), said_sorted_.end());
    question.said_in_private = &said_sorted_;
  }
  return question;
}

policy::Question Questions::about(const Conversation& conversation, std::int64_t account, policy::Author author,
                                  const Effect& effect, const Comment* comment, Micros now) {
  policy::Question question = about(conversation, account, author, now);
  question.effect = effect.kind;
  question.public_ = conversation.is_public() && effect.kind != EffectKind::private_reply;
  question.text = effect.said();
  question.has_template = !effect.form.empty();
  question.attachments = &effect.attachments;
  question.quick_replies = &effect.quick_replies;
  question.purpose = purpose_of(effect, author);
  for (const auto& part : conversation.parts) {
    if (!policy::is_message(part->effect)) continue;
    ++question.since_user;
    question.public_turns += part->public_ ? 1 : 0;
  }
  if (comment != nullptr) {
    const auto& replied = conversation.private_replies;
    question.comment_at = comment->at;
    question.comment_replied = std::find(replied.begin(), replied.end(), comment->id) != replied.end();
  }
  return question;
}

policy::Question Questions::about(const Part& part, std::int64_t account, Micros now) {
  const Conversation& conversation = *part.conversation;
  policy::Question question = about(conversation, account, part.author, now);
  question.effect = part.effect;
  question.public_ = part.public_;
  question.attachments = part.media ? &kMedia : nullptr;
  question.comment_at = part.comment_at;
  question.purpose = part.purpose;
  question.text_hash = part.text_hash;
  question.message = part.intent();
  question.has_template = part.is_form();
  question.retry = true;
  question.approved = true;  // what has to be approved is not tried before
  for (const auto& other : conversation.parts)
    if (other.get() != &part && policy::is_message(other->effect) &&
        (other->state == PartState::sending || other->state == PartState::unknown))
      ++question.since_user;
  return question;
}

}  // namespace postern::core
