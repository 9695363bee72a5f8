// SPDX-License-Identifier: Apache-2.0
// Events come in: whose they are, whether they have been here before, what they change, who is to be asked.
#include <boost/json.hpp>
#include <iterator>
#include <set>

#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {
namespace {

// What a verified body is called that no codec could read; failure.text says why.
constexpr std::string_view kUndecodable = "undecodable";

bool is_raw(const Event& event) {
  return event.kind == Kind::unknown && event.failure.error_class == kUndecodable;
}

// The record that an inbound event becomes.
std::string_view record_type(const Event& event) {
  if (is_raw(event)) return "plugin.quarantined";
  switch (event.kind) {
    case Kind::edit:
      return "msg.edit";
    case Kind::unsend:
      return "msg.unsend";
    case Kind::reaction:
      return "msg.reaction";
    case Kind::optin:
      return "consent.granted";
    case Kind::optout:
      return "consent.revoked";
    case Kind::echo:
      return "msg.echo";
    case Kind::receipt:  // the others are counted, not recorded
      return "msg.out.failed";
    case Kind::notice:
      return "account.notice";
    case Kind::member:
    case Kind::moved:
    case Kind::handover:
    case Kind::follow:
    case Kind::like:
    case Kind::referral:
      return "msg.other";
    default:
      return "msg.in";
  }
}

// Whom a conversation is with: of our own messages the sender is the account, so the thread names the person.
const std::string& person(const Event& event) {
  return event.outgoing || event.sender.empty() ? event.thread : event.sender;
}

}  // namespace

void Core::Machine::arrived(Step& step, Arrived&& input) {
  const std::uint64_t number = next_number_++;
  Delivery& delivery = deliveries_[number];
  delivery.webhook = input.webhook;
  delivery.left = input.events.size() + 1;  // one for this function, so that it cannot end before all are admitted
  if (!input.cursor.empty()) {
    delivery.account = input.account;
    delivery.cursor = std::move(input.cursor);
  }
  for (auto& event : input.events) {
    const auto* account = settings_->account(input.section, input.account, event.account_key);
    AccountState* state = account ? account_state(account->name) : nullptr;
    if (!state) {
      ++figures_.dropped;  // another tenant's: one application serves many
      one_recorded(step, number);
      continue;
    }
    admit(step, *state, std::move(event), number);
  }
  one_recorded(step, number);
}

// The webhook is answered, and a poll goes on, when the last of its events is on record (the action waits for the
// commit).
void Core::Machine::one_recorded(Step& step, std::uint64_t number) {
  const auto at = deliveries_.find(number);
  if (at == deliveries_.end() || --at->second.left > 0) return;
  const Delivery delivery = std::move(at->second);
  deliveries_.erase(at);
  auto& when = planted(Bug::answer_before_commit) ? step.out.once : step.out.commit;
  if (delivery.webhook) when.emplace_back(Answer{delivery.webhook, 200});
  if (AccountState* account = delivery.cursor.empty() ? nullptr : account_state(delivery.account)) {
    account->cursor = delivery.cursor;
    step.out.rows.emplace_back(CursorRow{account->settings->name, delivery.cursor});
    step.out.commit.emplace_back(Poll{account->settings->name, account->settings->section, delivery.cursor});
  }
}

void Core::Machine::admit(Step& step, AccountState& account, Event&& event, std::uint64_t delivery) {
  const std::string_view name = account.settings->name;
  // Behind others of the same thread that are being fetched: order within a conversation.
  if (const auto at = fetching_.find(thread_key(name, event.thread)); at != fetching_.end()) {
    fetches_[at->second].events.push_back({std::move(event), delivery});
    return;
  }
  const Seen::Answer seen = was_seen(name, event);
  if (seen == Seen::Answer::known) {
    ++figures_.duplicates;
    return one_recorded(step, delivery);
  }
  Conversation* conversation = find(name, event.thread);
  if (seen == Seen::Answer::maybe_on_disk || !conversation || is_stranger(*conversation, event)) {
    std::vector<Fetch::Waiting> events;
    events.push_back({std::move(event), delivery});
    return fetch(step, account, std::move(events));
  }
  take_in(step, account, *conversation, std::move(event), false);
  one_recorded(step, delivery);
}

Seen::Answer Core::Machine::was_seen(std::string_view account, const Event& event) const {
  if (event.key.empty()) return Seen::Answer::fresh;
  const Seen::Answer answer = seen_.ask(seen_.digest(account, event.key), event.sent_at);
  return answer == Seen::Answer::known && planted(Bug::duplicates_pass) ? Seen::Answer::fresh : answer;
}

// Is it somebody of a group who is not in memory and may be on disk?
bool Core::Machine::is_stranger(const Conversation& conversation, const Event& event) const {
  if (event.outgoing || event.sender.empty() || event.sender == conversation.contact->sender) return false;
  const auto at = contacts_.find(thread_key(conversation.row.account, event.sender));
  return at == contacts_.end() || at->second.expired();
}

// Asks for what the first of these events needs, and which of them have been here before. They are of one thread.
void Core::Machine::fetch(Step& step, AccountState& account, std::vector<Fetch::Waiting>&& events) {
  const std::uint64_t number = next_number_++;
  Fetch& fetch = fetches_[number];
  const Event& first = events.front().event;
  fetch.account = account.settings->name;
  fetch.thread_key = thread_key(fetch.account, first.thread);
  fetch.sender = person(first);
  fetching_[fetch.thread_key] = number;
  Load load{number, account.settings->name, first.thread, fetch.sender, {}, {}, {}};
  for (auto& waiting : events) {
    waiting.look = was_seen(fetch.account, waiting.event) == Seen::Answer::maybe_on_disk
                       ? static_cast<std::int64_t>(load.looks.size())
                       : kNone;
    if (waiting.look == kNone) continue;
    load.looks.push_back(seen_.digest(fetch.account, waiting.event.key).look);
    load.keys.push_back(waiting.event.key);
  }
  fetch.events = std::move(events);
  auto& when = planted(Bug::loaded_early) ? step.out.once : step.out.commit;
  when.emplace_back(std::move(load));
}

void Core::Machine::loaded(Step& step, Loaded&& input) {
  const auto at = fetches_.find(input.load);
  if (at == fetches_.end()) return;
  Fetch fetch = std::move(at->second);
  fetches_.erase(at);
  if (fetch.lane) return recalled(step, *fetch.lane, input.event);
  if (fetch.conversation) return sought(step, std::move(fetch), input);
  fetching_.erase(fetch.thread_key);
  AccountState* account = account_state(fetch.account);
  std::shared_ptr<Contact> sender;  // lives at least until its event is taken in
  if (account) {
    sender = adopt(fetch.account, input.contact);
    if (sender) contacts_[thread_key(fetch.account, fetch.sender)] = sender;  // it may have got another name since
    if (Conversation* found = adopt(fetch.account, input)) add_name(*found, fetch.events.front().event.thread);
  }
  std::set<std::string> taken;  // keys: of two alike the loader knows neither
  for (auto waiting = fetch.events.begin(); waiting != fetch.events.end(); ++waiting) {
    const auto& [event, delivery, look] = *waiting;
    const auto position = static_cast<std::size_t>(look);
    const bool looked = look != kNone && position < input.seen.size();
    const Seen::Answer seen = was_seen(fetch.account, event);
    if (!account || seen == Seen::Answer::known || taken.contains(event.key) || (looked && input.seen[position])) {
      ++(account ? figures_.duplicates : figures_.dropped);
      one_recorded(step, delivery);
      continue;
    }
    Conversation* conversation = find(fetch.account, event.thread);
    const bool complete = conversation && !is_stranger(*conversation, event) && (looked || seen == Seen::Answer::fresh);
    // The first has got all that there is; another one may need more, and then the rest waits with it.
    if (waiting != fetch.events.begin() && !complete)
      return this->fetch(step, *account,
                         {std::make_move_iterator(waiting), std::make_move_iterator(fetch.events.end())});
    if (!event.key.empty()) taken.insert(event.key);
    const bool first = !conversation;
    if (first) conversation = &begin_conversation(step, *account, event);
    take_in(step, *account, *conversation, std::move(waiting->event), first);
    one_recorded(step, delivery);
  }
  if (sender) let_go(sender);
}

// A contact that the loader found; the one in memory if it has come there meanwhile.
std::shared_ptr<Contact> Core::Machine::adopt(std::string_view account, const std::optional<ContactRow>& found) {
  if (!found || !found->doc || is_gone(found)) return nullptr;  // without a document it was erased
  auto contact = Contact::from(*found);
  contact->account = account;
  auto& slot = contacts_[thread_key(account, contact->sender)];
  if (auto known = slot.lock()) return known;
  slot = contact;
  return contact;
}

// Takes the conversation that the loader found into memory, if it is not there already. Of an erased contact nothing
// can be read: its conversations stay where they are.
Conversation* Core::Machine::adopt(std::string_view account, Loaded& input) {
  for (const auto& state : input.states)
    if (state.doc && !gone_.contains(state.contact)) states_.emplace(state.key, *state.doc);
  if (!input.conversation) return nullptr;
  if (const auto at = conversations_.find(input.conversation->number); at != conversations_.end())
    return at->second.get();
  if (!input.conversation->doc || gone_.contains(input.conversation->contact)) return nullptr;
  auto conversation = std::make_unique<Conversation>();
  conversation->contact = adopt(account, input.owner);
  if (!conversation->contact) return nullptr;
  conversation->read_doc(*input.conversation->doc);
  conversation->row = std::move(*input.conversation);
  conversation->row.account = account;
  conversation->row.doc = nullptr;
  return &keep(std::move(conversation));
}

// A thread that has moved is still known by what it was called before.
void Core::Machine::add_name(Conversation& conversation, const std::string& thread) {
  if (!by_thread_.try_emplace(thread_key(conversation.row.account, thread), &conversation).second) return;
  conversation.other_names.push_back(thread);
}

std::shared_ptr<Contact> Core::Machine::contact_of(Step& step, AccountState& account, const std::string& sender) {
  auto& slot = contacts_[thread_key(account.settings->name, sender)];
  if (auto known = slot.lock()) return known;
  auto contact = std::make_shared<Contact>();
  contact->number = next_index_;  // of the record that is about to be made
  if (spares_.empty()) {
    contact->id = step.draw.id();
  } else {
    contact->id = spares_.back();
    spares_.pop_back();
  }
  contact->account = account.settings->name;
  contact->sender = sender;
  slot = contact;
  step.out.rows.emplace_back(IdentityRow{false, contact->account, sender, contact->id, contact->number});
  return contact;
}

Conversation& Core::Machine::begin_conversation(Step& step, AccountState& account, const Event& event) {
  auto conversation = std::make_unique<Conversation>();
  conversation->contact = contact_of(step, account, person(event));
  conversation->thread = event.thread;
  conversation->row.number = next_index_;
  conversation->row.id = step.draw.id();
  conversation->row.contact = conversation->contact->id;
  conversation->row.contact_number = conversation->contact->number;
  conversation->row.account = account.settings->name;
  conversation->row.flags = event.public_ ? Conversation::kPublic : 0;
  step.out.rows.emplace_back(
      IdentityRow{true, account.settings->name, event.thread, conversation->row.id, conversation->row.number});
  return keep(std::move(conversation));
}

// Records an event that is ours and new, and applies it.
void Core::Machine::take_in(Step& step, AccountState& account, Conversation& conversation, Event&& event, bool first) {
  used(conversation);
  ++figures_.received;
  std::shared_ptr<Contact> sender = conversation.contact;
  if (!event.outgoing && !event.sender.empty() && event.sender != conversation.contact->sender)
    sender = contact_of(step, account, event.sender);
  bool contact_changed = sender->number == next_index_;
  if (!event.outgoing && !event.sender_name.empty() && !sender->rectified && sender->name != event.sender_name) {
    sender->name = event.sender_name;
    contact_changed = true;
  }
  if (!event.locale.empty() && !sender->rectified && sender->locale != event.locale) {
    sender->locale = event.locale;
    contact_changed = true;
  }

  observe(conversation, event, *settings_of(conversation).pack, step.now.wall);
  if (event.kind == Kind::echo && event.outgoing && !event.from_app) {
    // A person of the brand has answered in the platform's own application.
    const std::vector<Turn*> waiting = conversation.waiting;
    for (Turn* turn : waiting) end_turn(step, *turn, "answered", "human");
  }
  bool doc = conversation.note_participant(*sender, event) || first;  // does the document change, too?
  const bool receipt = event.kind == Kind::receipt && !event.failed;
  const bool may_be_ours = event.kind == Kind::echo || event.kind == Kind::comment || (receipt && !event.part.empty());
  const bool ours = may_be_ours && came_back(step, account, conversation, event);
  if (receipt || event.kind == Kind::typing || ours) {
    // Rows that were just made name the record that comes now, so then there must be one of its own.
    if (first || contact_changed) conversation.read_record = kNone;
    note_receipt(step, conversation);
    if (!event.key.empty()) {
      const Digest digest = seen_.digest(account.settings->name, event.key);
      seen_.remember(digest, event.sent_at);
      // On disk as well, by the record that counts it: forgotten, our own words would go on record as somebody else's.
      // A receipt is counted once more after a start.
      if (ours && !receipt) step.out.rows.emplace_back(SeenRow{digest.look, conversation.read_record, event.sent_at});
    }
    if (contact_changed) save(step, sender);
    return save(step, conversation, doc);
  }

  if (!event.key.empty()) {
    const Digest digest = seen_.digest(account.settings->name, event.key);
    seen_.remember(digest, event.sent_at);
    step.out.rows.emplace_back(SeenRow{digest.look, next_index_, event.sent_at});
  }
  Record& made = record(step, record_type(event), conversation);
  made.actor = account.settings->actor;
  made.contact = sender->id;
  made.message = step.draw.id();
  made.body = event.text;
  made.retention = event.public_ ? "comment" : "dm";
  if (is_raw(event)) {
    made.decision = kUndecodable;
    made.outcome = "failed";
  }
  const std::int64_t index = made.index;
  const Id event_id = made.message;
  const bool learned = !event.failed && hear(step, conversation, *sender, event, index);
  if (contact_changed || learned) save(step, sender);
  if (event.kind == Kind::moved && !event.moved_to.empty() && !find(account.settings->name, event.moved_to)) {
    move(step, conversation, event.moved_to);
    doc = true;
  }
  if (event.failed) {
    not_delivered(step, account, conversation, event, made);
    return save(step, conversation, doc);
  }
  publish(step, name(event.kind), conversation, index);
  save(step, conversation, doc);
  if (event.listed) note_gap(step, account, conversation, event, index, event_id);
  note_shred(step, event, conversation, index);
  want_files(step, conversation, sender->id, event, index, event_id, event.public_ ? "comment" : "dm");
  open_turn(step, conversation, std::move(event), index, event_id, first);
}

// The thread has another name, and so may have the person if it was called after them. Both names stay known.
void Core::Machine::move(Step& step, Conversation& conversation, const std::string& to) {
  const std::string_view account = conversation.row.account;
  const std::shared_ptr<Contact>& contact = conversation.contact;
  if (auto& slot = contacts_[thread_key(account, to)]; contact->sender == conversation.thread && slot.expired()) {
    slot = contact;
    step.out.rows.emplace_back(IdentityRow{false, account, to, contact->id, contact->number});
  }
  add_name(conversation, to);
  std::swap(conversation.thread, conversation.other_names.back());
  step.out.rows.emplace_back(IdentityRow{true, account, to, conversation.row.id, conversation.row.number});
}

// Receipts and the like: one leaf per conversation and batch, which counts them.
void Core::Machine::note_receipt(Step& step, Conversation& conversation) {
  auto& records = step.out.records;
  if (!records.empty() && conversation.read_record >= records.front().index) {
    Record& open = records[static_cast<std::size_t>(conversation.read_record - records.front().index)];
    open.count = *open.count + 1;
    return;
  }
  Record& made = record(step, "msg.read", conversation);
  made.count = 1;
  conversation.read_record = made.index;
}

void Core::Machine::open_turn(Step& step, Conversation& conversation, Event&& event, std::int64_t index, const Id& id,
                              bool first) {
  // What was said before a start on a copy may have been answered by the life whose records are lost.
  const bool may_be_answered = event.sent_at > 0 && event.sent_at < restored_;
  const RouteSettings* route = event.outgoing || event.standby || may_be_answered || conversation.contact->restricted
                                   ? nullptr
                                   : settings_->route(conversation.row.account, event.kind);
  const bool expects = expects_answer(event.kind) && !event.outgoing && !event.standby;
  if (!route && !expects && !is_raw(event)) return;
  auto turn = std::make_unique<Turn>();
  turn->index = index;
  turn->conversation = &conversation;
  turn->event_id = id;
  turn->event = std::move(event);
  turn->received = wall_;
  turn->first = first;
  if (expects) {
    turn->deadline = wall_ + settings_of(conversation).answer_within;
    agenda_.add(turn->deadline, Agenda::What::turn, index);
  }
  Turn& kept = *(turns_[index] = std::move(turn));
  if (is_raw(kept.event)) {
    quarantine(step, kept, std::move(kept.event.failure.text));
    step.out.once.emplace_back(Alarm{"event.quarantined",
                                     "a verified webhook of " + std::string(conversation.row.account) +
                                         " cannot be decoded and is kept raw; see `posternctl quarantine list`",
                                     conversation.row.account, conversation.row.id});
  } else if (route) {
    step.out.rows.emplace_back(kept.row());
    enqueue(kept);
    push(step, conversation);
  } else {
    turn_waits(step, kept);
  }
}

// Goes the way of an event, so that one that comes again is known. It goes on record as it came, base64 in JSON, since
// it may be no text at all, and the platform itself is the contact of what has no sender.
void Core::Machine::undecodable(Step& step, Undecodable&& input) {
  Arrived arrived{input.webhook, input.section, input.account, {}, {}};
  for (const auto& candidate : settings_->accounts)
    if (arrived.account.empty() && candidate.section == input.section) arrived.account = candidate.name;
  std::string key = "body:" + hex(crypto::sha256(view(*input.raw)));
  auto body = std::make_shared<std::string>();
  JsonObject object(*body);
  object.add("kind", "unknown").add("key", key).add("raw", base64(view(*input.raw))).end();
  Event& event = arrived.events.emplace_back();
  event.text = std::move(body);
  event.key = std::move(key);
  event.failure = {std::string(kUndecodable), {}, std::move(input.reason)};
  this->arrived(step, std::move(arrived));
}

}  // namespace postern::core
