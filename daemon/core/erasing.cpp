// SPDX-License-Identifier: Apache-2.0
// A contact is forgotten. The request goes on record; then what memory has of them goes, with all that waits for them;
// then their keys; then their bodies, lot by lot, each with the record that says so. Every step is a batch of its own,
// and a start goes on with the one that did not happen.
#include <algorithm>

#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kMostSearches = 1'000;                     // that the keeper may have before it
constexpr std::size_t kLongestReason = 1'000, kLongestVia = 32;  // bytes
constexpr int kNotFound = -32004, kBusy = -32005, kInvalid = -32602;

std::string error(int code, std::string_view message) {
  std::string out;
  JsonObject(out).add("code", code).add("message", message).end();
  return out;
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= kLongestVia &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == text.npos;
}

}  // namespace

// ---- who is meant

// A contact is in memory only by chance, and what is on record of it never is: the keeper looks.
void Core::Machine::find_subject(Step& step, Command&& input) {
  FindSubject wanted{next_number_++, {}, {}, {}};
  if (const AccountState* account = account_state(input.account)) {
    wanted.account = account->settings->name;
    wanted.name = input.contact;
  } else if (const auto id = Id::from_hex(input.contact); input.account.empty() && id && *id) {
    wanted.contact = *id;
  } else {
    return answer(step, input,
                  {false, error(kInvalid,
                                "a contact is named by an account and what its platform calls the contact, "
                                "or by its pseudonym of 32 hex digits alone")});
  }
  if (searches_.size() >= kMostSearches)
    return answer(step, input, {false, error(kBusy, "too many contacts are being looked for; try again")});
  searches_[wanted.search].command = std::move(input);
  step.out.commit.emplace_back(std::move(wanted));
}

void Core::Machine::subject_found(Step& step, SubjectFound&& input) {
  auto search = searches_.extract(input.search);
  if (!search) return;
  if (const std::uint64_t wish = search.mapped().wish) return wish_found(step, wish, std::move(input));
  if (const std::int64_t request = search.mapped().request; request != kNone) {
    const auto waits = erasures_.find(request);
    if (waits != erasures_.end() && waits->second.row.stage == 0 && input.contact)
      try_erasure(step, waits->second, input);
    return;
  }
  Command& command = search.mapped().command;
  if (answered_before(step, command)) return;  // it may have been asked again while it waited
  // Their erasure has ended since they were looked for, and what was found is from before.
  if (is_gone(input.contact) && input.erased == kNone && !erasure_of(input.contact->id))
    return find_subject(step, std::move(command));
  if (!input.contact)
    return answer(step, command,
                  {false, error(kNotFound, "no such contact; `posternctl conversations` shows the pseudonyms")});
  if (command.method == "contact.erase") return erase_command(step, std::move(command), input);
  if (command.method == "hold.place") return answer(step, command, place_command(step, command, &input));
  if (command.method == "contact.restrict") return answer(step, command, restrict_command(step, command, input));
  if (command.method == "contact.rectify") return answer(step, command, rectify_command(step, command, input));
  answer(step, command, {false, error(-32601, "the core knows no command " + command.method)});
}

void Core::Machine::answer(Step& step, const Command& input, CommandAnswer&& answer) {
  if (answer.ok && !input.id.empty()) remember(step, input, answer.json);
  step.out.commit.emplace_back(Reply{input.reply_to, answer.ok, std::move(answer.json)});
}

// ---- erasure

void Core::Machine::erase_command(Step& step, Command&& input, SubjectFound& found) {
  const ContactRow& contact = *found.contact;
  if (Erasure* const erasure = erasure_of(contact.id)) {
    erasure->waiting.push_back(std::move(input));
    if (erasure->row.stage == 0) try_erasure(step, *erasure, found);
    return;
  }
  if (found.erased != kNone) {
    std::string out;
    JsonObject(out).add("state", "erased").add("contact", contact.id.hex()).add("record", found.erased).end();
    return answer(step, input, {true, std::move(out)});
  }
  if (input.text.size() > kLongestReason)
    return answer(step, input, {false, error(kInvalid, "reason: expected at most 1000 bytes")});
  if (!input.via.empty() && !is_word(input.via))
    return answer(step, input, {false, error(kInvalid, "via: expected a word of small letters, as mail or web")});
  if (takes_two(input.method) && approvals_.size() >= kMostApprovals)
    return answer(step, input, {false, error(kBusy, "10,000 requests wait for a second person")});
  Erasure& erasure = request_erasure(step, input, contact, kNone, {});
  if (takes_two(input.method)) ask_approval(step, input, contact.id, erasure.row.request);
  erasure.waiting.push_back(std::move(input));
  try_erasure(step, erasure, found);
}

Erasure* Core::Machine::erasure_of(const Id& contact) {
  for (auto& [request, erasure] : erasures_)
    if (erasure.row.contact == contact) return &erasure;
  return nullptr;
}

// `cause` and `code`: of the platform's request that it belongs to.
Erasure& Core::Machine::request_erasure(Step& step, const Command& input, const ContactRow& contact, std::int64_t cause,
                                        const Id& code) {
  const AccountState* const account = account_state(contact.account);
  Record& made = record(step, "subject.erase.requested");
  made.actor = input.actor;
  made.cause = cause;
  made.message = code;
  made.account = contact.account;
  if (account) made.platform = account->settings->platform;
  made.contact = contact.id;
  made.decision = input.via;
  if (!input.text.empty()) {
    // Sealed for the contact: what somebody wrote about them goes with all the rest.
    auto body = std::make_shared<std::string>();
    JsonObject(*body).add("reason", input.text).end();
    made.body = std::move(body);
    made.retention = "dm";
  }
  Erasure& erasure = erasures_[made.index];
  erasure.row = {made.index, contact.id, contact.number, contact.account, 0, 0, {}, code, false};
  return erasure;
}

// What is held is in dispute, what has to be kept is kept by law: both come before the wish to be forgotten.
void Core::Machine::try_erasure(Step& step, Erasure& erasure, const SubjectFound& found) {
  if (const ApprovalRow* asked = approval_of(erasure.row.contact))
    return defer_erasure(step, erasure, "approval/" + std::to_string(asked->request), 0);
  const HoldRow* hold = hold_on({erasure.row.account, erasure.row.contact, {}});
  for (const Id& conversation : found.conversations)
    if (hold == nullptr) hold = hold_on({{}, {}, conversation});
  if (hold != nullptr) return defer_erasure(step, erasure, "hold/" + hold->id.hex(), 0);
  const AccountState* const account = account_state(erasure.row.account);
  for (const auto& kept : found.kept) {
    const auto* rule = settings_->retained(kept.retention, account ? account->settings->platform : std::string_view(),
                                           erasure.row.account);
    if (rule == nullptr || kept.newest + rule->least <= step.now.wall) continue;
    std::string basis = "retention/" + std::string(kept.retention);
    if (!rule->basis.empty()) basis += "/" + rule->basis;
    return defer_erasure(step, erasure, std::move(basis), kept.newest + rule->least);
  }
  begin_erasure(step, erasure);
}

void Core::Machine::defer_erasure(Step& step, Erasure& erasure, std::string&& basis, Micros until) {
  ErasureRow& row = erasure.row;
  if (until > 0) agenda_.add(until, Agenda::What::erasure, row.request);
  if (row.basis != basis) {
    row.basis = std::move(basis);
    step.out.rows.emplace_back(row);
    const AccountState* const account = account_state(row.account);
    Record& made = record(step, "subject.erase.deferred");
    made.outcome = "deferred";
    made.account = row.account;
    if (account) made.platform = account->settings->platform;
    made.contact = row.contact;
    made.cause = row.request;
    made.decision = row.basis;
  }
  std::string out;
  JsonObject object(out);
  object.add("state", "deferred").add("contact", row.contact.hex()).add("request", row.request).add("basis", row.basis);
  if (until > 0) object.add("until", rfc3339(until));
  object.end();
  for (const auto& waiting : std::exchange(erasure.waiting, {})) answer(step, waiting, {true, out});
}

// Something has changed that may have forbidden it: a hold, the rules, the time.
void Core::Machine::look_again(Step& step, std::int64_t request) {
  const auto at = erasures_.find(request);
  if (at == erasures_.end() || at->second.row.stage > 0) return;
  const std::uint64_t search = next_number_++;
  searches_[search].request = request;
  step.out.commit.emplace_back(FindSubject{search, at->second.row.contact, {}, {}});
}

void Core::Machine::begin_erasure(Step& step, Erasure& erasure) {
  gone_[erasure.row.contact] = UINT64_MAX;
  forget_contact(step, erasure.row.contact);
  erasure.row.stage = 1;
  step.out.rows.emplace_back(erasure.row);
  go_on(step, erasure);
}

void Core::Machine::go_on(Step& step, const Erasure& erasure) {
  if (erasure.row.stage == 0) return look_again(step, erasure.row.request);
  step.out.commit.emplace_back(FindRemains{erasure.row.request, erasure.row.contact, kNone});
}

void Core::Machine::remains_found(Step& step, RemainsFound&& input) {
  const auto at = erasures_.find(input.request);
  if (at == erasures_.end()) return;
  ErasureRow& row = at->second.row;
  if (input.first) {
    step.out.rows.emplace_back(KeysGone{row.number, row.contact, std::move(input.identities), std::move(input.names)});
    step.out.rows.emplace_back(ContactGone{row.number, row.contact, std::move(input.conversations)});
  }
  DropFiles drop;
  for (auto& medium : input.media) {
    if (!medium.file.empty()) drop.files.push_back(std::move(medium.file));
    medium.erase = true;
    step.out.rows.emplace_back(std::move(medium));
  }
  if (!drop.files.empty()) step.out.commit.emplace_back(std::move(drop));
  for (const std::int64_t body : input.bodies) step.out.rows.emplace_back(BodyGone{body});
  row.bodies += static_cast<std::int64_t>(input.bodies.size());
  figures_.bodies_shredded += input.bodies.size();

  const AccountState* const account = account_state(row.account);
  Record& made = record(step, "subject.erased");
  made.outcome = input.before == kNone ? "ok" : "deferred";  // it covers the bodies that go with it; others follow
  made.account = row.account;
  if (account) made.platform = account->settings->platform;
  made.contact = row.contact;
  made.cause = row.request;
  made.count = row.bodies;
  if (input.before == kNone) return end_erasure(step, row.request, made.index);
  step.out.rows.emplace_back(row);
  step.out.commit.emplace_back(FindRemains{row.request, row.contact, input.before});
}

void Core::Machine::end_erasure(Step& step, std::int64_t request, std::int64_t record) {
  auto ended = erasures_.extract(request);
  ErasureRow& row = ended.mapped().row;
  row.erase = true;
  step.out.rows.emplace_back(row);
  gone_[row.contact] = next_number_;
  const AccountState* const account = account_state(row.account);
  step.out.commit.emplace_back(Publish{
      "erased", account ? account->settings->platform : std::string_view(), row.account, {}, record, wall_, {}});
  std::string out;
  JsonObject object(out);
  object.add("state", "erased").add("contact", row.contact.hex()).add("request", request).add("record", record);
  object.add("bodies", row.bodies).end();
  for (const auto& waiting : ended.mapped().waiting) answer(step, waiting, {true, out});
}

// ---- what memory has of a contact

void Core::Machine::forget_contact(Step& step, const Id& contact) {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, conversation] : conversations_)
    if (conversation->row.contact == contact) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  drop_media(step, contact);
  for (const std::int64_t number : numbers) forget(step, *conversations_.at(number));
  std::erase_if(unsaved_, [&](const Unsaved& each) { return each.contact->id == contact; });
  std::erase_if(contacts_, [&](const auto& each) {
    const auto known = each.second.lock();
    return known && known->id == contact;
  });
  forget_states(contact);
}

void Core::Machine::forget(Step& step, Conversation& conversation) {
  drop_work(step, conversation);
  drop_parts(step, conversation);
  drop_turns(step, conversation);
  std::vector<std::int64_t> timers;
  for (const auto& [key, timer] : timers_)
    if (timer.conversation == &conversation) timers.push_back(key);
  std::sort(timers.begin(), timers.end());
  for (const std::int64_t key : timers) {
    step.out.rows.emplace_back(TimerRow{key, conversation.row.number, timers_.at(key).handler, {}, 0, true});
    timers_.erase(key);
  }
  drop_name(conversation, conversation.thread);
  for (const auto& name : conversation.other_names) drop_name(conversation, name);
  by_id_.erase(conversation.row.id);
  lru_.erase(conversation.used);
  conversations_.erase(conversation.row.number);
}

// Calls, look-ups and loads that are under way, and whoever is about to send here.
void Core::Machine::drop_work(Step& step, Conversation& conversation) {
  figures_.events_waiting -= conversation.lane.size();
  conversation.lane.clear();
  std::erase_if(lookups_, [&](const auto& each) { return each.second == &conversation; });
  std::erase_if(calls_, [&](const auto& each) { return each.second == &conversation; });
  for (auto& [scope, waiting] : gates_) std::erase(waiting, &conversation);
  for (auto& [number, fetch] : fetches_) std::erase(fetch.senders, &conversation);
  std::erase_if(fetches_, [&](const auto& each) { return each.second.lane == &conversation; });
  for (const auto& [number, other] : conversations_)
    if (other->chain) std::erase(other->chain->targets, &conversation);
  if (const std::unique_ptr<Chain> chain = std::move(conversation.chain)) {
    --figures_.events_waiting;
    for (Conversation* target : chain->targets) --target->targeted;
    leave_gates(step, *chain);
  }
}

void Core::Machine::drop_parts(Step& step, Conversation& conversation) {
  for (const auto& part : conversation.parts) {
    // Of what is under way nobody will hear any more; what was unclear is on record as that.
    const bool leaves = part->state == PartState::sending;
    if (part->state != PartState::unknown && part->state != PartState::parked) {
      Record& made = record(step, leaves ? "msg.out.unknown" : "msg.out.failed", conversation);
      made.outcome = leaves ? "unknown" : "failed";
      made.cause = part->intent();
      made.message = part->message;
      made.count = part->number;
      made.decision = leaves ? "erased" : "erased:given-up";
    }
    step.out.rows.emplace_back(OutboxRow{.key = part->key, .erase = true});
    parts_.erase(part->key);
    parts_by_id_.erase(part->id());
  }
  conversation.parts.clear();
}

void Core::Machine::drop_turns(Step& step, Conversation& conversation) {
  std::vector<std::int64_t> open;
  for (const auto& [index, turn] : turns_)
    if (turn->conversation == &conversation) open.push_back(index);
  std::sort(open.begin(), open.end());
  for (const std::int64_t index : open) {
    Turn& turn = *turns_.at(index);
    media_waits_.erase(index);
    const bool kept = turn.stage == Turn::Stage::quarantine;
    if (kept || turn.deadline > 0) {
      Record& made = record(step, kept ? "msg.dead" : "turn.declined", conversation);
      made.cause = index;
      made.message = turn.event_id;
      made.decision = "erased";
    }
    if (turn.deadline > 0)
      step.out.rows.emplace_back(TurnRow{index, conversation.row.number, turn.received, wall_, "declined", "system"});
    drop_turn(step, turn);
  }
}

// Files that are still to be fetched.
void Core::Machine::drop_media(Step& step, const Id& contact) {
  std::erase_if(media_, [&](const auto& each) {
    if (each.second.contact != contact) return false;
    MediumRow row = each.second.row;
    row.erase = true;
    step.out.rows.emplace_back(std::move(row));
    return true;
  });
}

// ---- from an image

void Core::Machine::restore_erasures(Image& image) {
  for (const auto& row : image.erasures) {
    erasures_[row.request].row = row;
    if (row.stage > 0) gone_[row.contact] = UINT64_MAX;
  }
  for (const auto& row : image.deletions) deletions_.add(row);
}

}  // namespace postern::core
