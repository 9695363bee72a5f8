// SPDX-License-Identifier: Apache-2.0
#include "core/replay.hpp"

#include <algorithm>

#include "core/interned.hpp"
#include "core/policy/kinds/kinds.hpp"

namespace postern::core {
namespace {

using policy::Outcome;
using policy::Verdict;

bool is_event(std::string_view type) {
  static constexpr std::string_view kEvents[] = {"msg.in",       "msg.edit", "msg.unsend",
                                                 "msg.reaction", "msg.echo", "msg.other"};
  return std::find(std::begin(kEvents), std::end(kEvents), type) != std::end(kEvents);
}
bool is_consent(std::string_view type) {
  return type == "consent.granted" || type == "consent.revoked";
}

/// "allow/msgr.window:59058ea978258e2f", as it stands in the leaf.
Replay::Decision parse_decision(std::string_view text) {
  Replay::Decision decision;
  const auto slash = text.find('/');
  for (const Outcome outcome : {Outcome::transform, Outcome::hold, Outcome::deny})
    if (text.substr(0, slash) == policy::name(outcome)) decision.outcome = outcome;
  decision.rule = intern(text.substr(slash + 1, text.rfind(':') - slash - 1));
  return decision;
}

bool leaves(Outcome outcome) {
  return outcome == Outcome::allow || outcome == Outcome::transform;
}

/// Would it go out in another form than it did?
bool other_form(const Intent& sent, const Verdict& verdict) {
  if (verdict.tag != sent.tag) return true;
  if (verdict.attachments) {
    const auto same = [](const Attachment& a, const Attachment& b) { return a.type == b.type && a.url == b.url; };
    if (!std::equal(verdict.attachments->begin(), verdict.attachments->end(), sent.attachments.begin(),
                    sent.attachments.end(), same))
      return true;
  }
  std::vector<std::string_view> texts;
  for (const Intent::Piece& piece : sent.pieces)
    if (!piece.text.empty()) texts.emplace_back(piece.text);
  if (verdict.texts.empty()) return texts.size() > 1;
  return !std::equal(verdict.texts.begin(), verdict.texts.end(), texts.begin(), texts.end());
}

}  // namespace

bool replay_opens(std::string_view type) {
  return is_event(type) || is_consent(type) || type == "msg.out.intent" || type == "policy.hold" ||
         type == "policy.refuse" || type == "msg.out.failed";
}

Replay::Replay(Plan plan) : plan_(std::move(plan)) {
  questions_.know(plan_.key);
  questions_.know(plan_.zones.get());
  rates_.caps.share(plan_.pack->promotions());
}

bool Replay::is_group(const Id& conversation) const {
  const auto at = conversations_.find(conversation);
  return at != conversations_.end() && at->second->conversation.is_group();
}

void Replay::take(const PastRecord& record, bool earlier) {
  earlier_ = earlier;
  if (record.type == "account.paused") paused_.insert(intern(record.account));
  if (record.type == "account.resumed") paused_.erase(record.account);
  if (!record.conversation || !record.contact) return;
  // What a decision's record says of itself tells the first one on a message from those on its attempts.
  const bool again = record.type == "policy.allow" || (record.type == "policy.hold" && !record.sealed) ||
                     (record.type == "policy.refuse" && record.count);
  if (record.type == "identity.linked" && record.with)
    link(*contact(record.contact), *contact(record.with));
  else if (is_event(record.type))
    event(talk(record), record);
  else if (is_consent(record.type))
    consent(talk(record), record);
  else if (again)
    tried_again(talk(record), record);
  else if (record.type == "msg.out.intent" || record.type == "policy.hold" || record.type == "policy.refuse")
    spoken(talk(record), record);
  else if (record.type.starts_with("msg.out."))
    ended(talk(record), record);
}

Replay::Talk& Replay::talk(const PastRecord& record) {
  auto& slot = conversations_[record.conversation];
  if (slot) return *slot;
  slot = std::make_unique<Talk>();
  Conversation& conversation = slot->conversation;
  conversation.contact = contact(record.contact);
  conversation.row.id = record.conversation;
  conversation.row.contact = record.contact;
  conversation.row.contact_number = conversation.contact->number;
  conversation.row.account = intern(record.account);
  conversation.set(Conversation::kPublic, record.retention == "comment");
  return *slot;
}

std::shared_ptr<Contact>& Replay::contact(const Id& id) {
  auto& slot = contacts_[id];
  if (slot) return slot;
  slot = std::make_shared<Contact>();
  slot->number = static_cast<std::int64_t>(contacts_.size());
  slot->id = id;
  if (plan_.attributes) slot->attributes = plan_.attributes(id);
  return slot;
}

void Replay::link(const Contact& one, const Contact& other) {
  const std::int64_t was = questions_.person(one.number), is = questions_.person(other.number);
  questions_.link(was, is);
  rates_.caps.merge(policy::kPromotions, std::max(was, is), std::min(was, is));
}

std::int64_t Replay::account_key(std::string_view account) {
  const auto at = account_keys_.find(account);
  if (at != account_keys_.end()) return at->second;
  const auto key = static_cast<std::int64_t>(account_keys_.size()) + 1;
  account_keys_.emplace(account, key);
  return key;
}

void Replay::event(Talk& here, const PastRecord& record) {
  Conversation& conversation = here.conversation;
  auto event = record.body ? parse_event(*record.body) : failure("erased");
  if (!event) {
    here.blind = here.blind || record.type == "msg.in";
    return;
  }
  heard_ = record.index;
  const Micros before = conversation.row.last_user;
  observe(conversation, *event, *plan_.pack, record.at);
  if (conversation.row.last_user > before) here.blind = false;
  const std::shared_ptr<Contact> sender = contact(record.contact);
  conversation.note_participant(*sender, *event);
  if (!event->failed) learn(conversation, *sender, *event, *plan_.pack, questions_.key());
}

// A STOP that this pack has heard itself is not taken from the record as well: it may know other words.
void Replay::consent(Talk& here, const PastRecord& record) {
  const bool granted = record.type == "consent.granted";
  if (!record.sealed) {
    if (record.cause != heard_) set_consent(*contact(record.contact), "all", granted);
    return;
  }
  if (!record.body) return;
  if (auto told = parse_consent(*record.body))
    set_consent(*here.conversation.contact, *told, granted);
  else
    event(here, record);
}

// The first decision on a message.
void Replay::spoken(Talk& here, const PastRecord& record) {
  const Decision was = parse_decision(record.decision);
  if (was.rule.starts_with("core.")) return;  // no pack was asked
  Conversation& conversation = here.conversation;
  const auto intent = record.body ? parse_intent(*record.body) : std::nullopt;
  if (judges(record) && (!intent || here.blind)) ++report_.unreadable;
  const bool refused = record.type == "policy.refuse";
  if (!intent) {
    Intent unknown;  // what goes on to be sent is counted as a plain message, as at a start
    unknown.pieces.resize(static_cast<std::size_t>(std::clamp<std::int64_t>(record.count.value_or(1), 1, 255)));
    if (!refused) queue(here, record, unknown, {}, nullptr);
    return;
  }
  const Effect effect = intent->whole();
  const Comment comment{intent->to_comment, intent->comment_at};
  const bool in_private = effect.kind == EffectKind::private_reply;
  std::optional<Verdict> verdict;
  if (judges(record) && !here.blind) {
    policy::Question asked = questions_.about(conversation, account_key(record.account), intent->author, effect,
                                              in_private ? &comment : nullptr, record.at);
    asked.text_hash = intent->text_hash;  // of the text as it was asked for
    verdict = plan_.pack->judge(asked, rates_);
    const bool both_leave = leaves(was.outcome) && leaves(verdict->outcome);
    compare(here, record, intent->author, *verdict, both_leave && other_form(*intent, *verdict));
  }
  if (refused) return;
  if (in_private) conversation.private_replies.push_back(intent->to_comment);
  queue(here, record, *intent, effect, verdict ? &*verdict : nullptr);
}

void Replay::queue(Talk& here, const PastRecord& record, const Intent& intent, const Effect& whole,
                   const Verdict* verdict) {
  Conversation& conversation = here.conversation;
  const bool held = record.type == "policy.hold";
  const std::string_view purpose = purpose_of(whole, intent.author);
  // The pack of the time may have had no rule that compares texts.
  const std::int64_t text_hash = intent.text_hash != 0 ? intent.text_hash : plan_.pack->text_hash(whole.said());
  const bool leaves_now = !held && !paused_.contains(record.account) && !front(conversation);
  for (std::size_t i = 0; i < intent.pieces.size(); ++i) {
    auto made = std::make_unique<Part>();
    Part& part = *made;
    part.number = static_cast<std::int64_t>(i) + 1;
    part.key = record.index * 256 + part.number;
    part.conversation = &conversation;
    part.message = record.message;
    part.of = static_cast<std::int64_t>(intent.pieces.size());
    part.state = held ? PartState::held : PartState::queued;
    part.effect = intent.effect;
    part.author = intent.author;
    part.purpose = purpose;
    part.text_hash = i == 0 ? text_hash : 0;
    part.content = intent.pieces[i].content;
    part.media = intent.pieces[i].media;
    part.public_ = conversation.is_public() && intent.effect != EffectKind::private_reply;
    part.comment_at = intent.comment_at;
    Sending& sending = parts_[part.key] = {&part, verdict != nullptr && verdict->outcome == Outcome::deny,
                                           verdict != nullptr && verdict->outcome == Outcome::hold};
    conversation.parts.push_back(std::move(made));
    if (i == 0 && leaves_now) attempt(sending, record.at);
  }
}

Replay::Sending* Replay::sending(const PastRecord& record) {
  const auto at = parts_.find(record.cause * 256 + record.count.value_or(1));
  return at == parts_.end() ? nullptr : &at->second;
}

// Counts what left and would have left.
void Replay::attempt(Sending& sending, Micros at) {
  Part& part = *sending.part;
  if (!earlier_ && !sending.refused && !sending.stopped)
    plan_.pack->count(questions_.about(part, account_key(part.conversation->row.account), at), &rates_);
  ++part.attempt;
  part.state = PartState::sending;
}

// A decision on an attempt of a message that was judged before.
void Replay::tried_again(Talk& here, const PastRecord& record) {
  Sending* const found = sending(record);
  if (found == nullptr) {
    if (judges(record) && !parse_decision(record.decision).rule.starts_with("core.")) ++report_.unreadable;
    return;
  }
  const bool withdrawn = parse_decision(record.decision).rule.starts_with("core.");
  if (judges(record) && !withdrawn) {
    if (found->refused) {
      ++report_.moot;
    } else if (here.blind) {
      ++report_.unreadable;
    } else {
      policy::Question asked = questions_.about(*found->part, account_key(record.account), record.at);
      const std::string said = said_by(*found->part);
      asked.text = said;
      const Verdict verdict = plan_.pack->judge(asked, rates_);
      compare(here, record, found->part->author, verdict, false);
      found->stopped = !leaves(verdict.outcome);
      found->refused = verdict.outcome == Outcome::deny;
    }
  }
  if (record.type == "policy.refuse") return drop(here, record.cause);
  if (record.type == "policy.allow")
    attempt(*found, record.at);
  else
    found->part->state = PartState::held;
}

// What became of an attempt.
void Replay::ended(Talk& here, const PastRecord& record) {
  Sending* const found = sending(record);
  if (found == nullptr) return;  // older than what was read, or news of a part that had left the outbox
  Part& part = *found->part;
  // A part that was given up was not tried, and one whose failure the platform tells later was, before.
  if (record.type == "msg.out.parked") {
    part.state = PartState::parked;
    return;
  }
  const bool tried = record.type != "msg.out.failed" || !(record.sealed || record.decision.ends_with(":given-up"));
  if (tried && part.attempt == 0) attempt(*found, record.at);  // it had left at once, past one that a person decides on
  if (record.type == "msg.out.sent" || record.type == "msg.out.reconciled") {
    note_sent(here.conversation, part, *plan_.pack, record.at);
    parts_.erase(part.key);
    std::erase_if(here.conversation.parts, [&](const auto& each) { return each.get() == &part; });
  } else if (record.type == "msg.out.unknown") {
    part.state = PartState::unknown;
  } else if (record.outcome == "failed" || (part.fleeting() && !paused_.contains(record.account))) {
    drop(here, record.cause);
  } else {
    part.state = PartState::retry;
  }
}

void Replay::drop(Talk& here, std::int64_t intent) {
  std::erase_if(here.conversation.parts, [&](const auto& part) {
    if (part->intent() != intent) return false;
    parts_.erase(part->key);
    return true;
  });
}

void Replay::compare(const Talk& here, const PastRecord& record, policy::Author author, const Verdict& verdict,
                     bool form) {
  ++report_.decisions;
  const Decision was = parse_decision(record.decision);
  const bool same = leaves(was.outcome) ? leaves(verdict.outcome) : was.outcome == verdict.outcome;
  if (same && !form) return;
  ++report_.differ;
  const Decision would_be{verdict.outcome, verdict.rule};
  ++report_.kinds[{was, would_be, form}];
  if (report_.differences.size() >= plan_.most) return;
  report_.differences.push_back({record.index, record.at, here.conversation.row.account, here.conversation.row.id,
                                 author, was, would_be, form, verdict.reason});
}

}  // namespace postern::core
