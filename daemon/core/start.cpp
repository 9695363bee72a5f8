// SPDX-License-Identifier: Apache-2.0
// The state is rebuilt from what is pending, and a new configuration takes the place of the old one.
#include <stdexcept>

#include "core/intent.hpp"
#include "core/interned.hpp"
#include "core/machine.hpp"
#include "core/time_text.hpp"

namespace postern::core {
namespace {

constexpr Micros kRetentionAfterStart = 10 * kMinute;  // when there is time

}  // namespace

Core::Machine::Machine(std::shared_ptr<const Settings> settings, const crypto::Key& seen_key, Image image)
    : settings_(std::move(settings)), seen_(seen_key, settings_->seen_in_memory) {
  questions_.know(policy::fingerprint_key(seen_key));
  questions_.know(settings_->zones.get());
  for (const auto& account : settings_->accounts) accounts_[account.name].settings = &account;
  restore(std::move(image));
}

void Core::Machine::restore(Image&& image) {
  next_index_ = image.next_index;
  committed_ = image.next_index - 1;
  copied_ = image.copied;
  restored_ = image.restored;
  wall_ = image.last_wall;
  boot_ = image.last_boot_time;
  if (image.last_boot.size() == boot_id_.size())
    std::copy(image.last_boot.begin(), image.last_boot.end(), boot_id_.begin());
  spares_ = std::move(image.spares);
  seen_.restore(image.seen, image.seen_before);
  for (const auto& row : image.cursors)
    if (AccountState* account = account_state(row.account)) account->cursor = row.cursor;
  for (auto& [name, account] : accounts_)
    for (const auto& row : image.cursors)
      if (row.account == listing_cursor(name)) account.listing.until = parse_rfc3339(row.cursor);
  for (const auto& row : image.accounts)
    if (AccountState* account = account_state(row.account)) {
      account->paused = row.paused;
      account->pause_class = row.pause_class;
    }
  for (auto& row : image.commands) {
    answers_[row.key] = std::move(row.answer);
    answers_order_.push_back(row.key);
  }
  for (auto& row : image.tokens)
    if (AccountState* account = account_state(row.account); account && account->settings->seed == row.seed)
      account->token = std::move(row);
  for (const auto& row : image.states)
    if (row.doc) states_[row.key] = *row.doc;
  for (const LinkRow& row : image.links) questions_.restore(row);
  restore_rates(image);
  restore_conversations(image);
  restore_turns(image);
  restore_outbox(image);
  restore_media(image);
  restore_erasures(image);
  restore_holds(image);
  restore_approvals(image);
}

// The platform goes on counting while we are away. The book wants it in the order in which it was sent.
void Core::Machine::restore_rates(const Image& image) {
  rates_.caps.share(settings_->promotions());
  auto at = image.counted.begin();
  for (const PastAttempt& sent : image.sent) {
    while (at != image.counted.end() && at->index <= sent.index) restore_attempt(*at++, false);
    restore_attempt(sent, true);
  }
  while (at != image.counted.end()) restore_attempt(*at++, false);
}

// What is counted for long has a row, whether the log's end tells of it or not.
void Core::Machine::restore_attempt(const PastAttempt& sent, bool from_log) {
  static const std::vector<Attachment> kMedia{{"media", "", ""}};
  const AccountState* account = account_state(sent.account);
  if (!account) return;
  policy::Question question;
  question.author = sent.author;
  question.effect = sent.effect;
  question.purpose = sent.purpose;
  question.text_hash = sent.text_hash;
  question.message = sent.message;
  question.public_ = sent.public_;
  question.retry = true;
  question.attachments = sent.media ? &kMedia : nullptr;
  question.now = sent.at;
  question.account = account->settings->key;
  question.contact = sent.contact_number;
  question.person = questions_.person(sent.contact_number);
  const policy::Pack& pack = *account->settings->pack;
  if (!from_log || pack.count(question, nullptr) <= kTail) pack.count(question, &rates_);
}

void Core::Machine::restore_conversations(Image& image) {
  std::unordered_map<std::int64_t, std::shared_ptr<Contact>> contacts;
  for (const auto& row : image.contacts) {
    auto contact = Contact::from(row);
    contacts_[thread_key(contact->account, contact->sender)] = contact;
    contacts[row.number] = std::move(contact);
  }
  for (auto& row : image.conversations) {
    const AccountState* account = account_state(row.account);
    const auto contact = contacts.find(row.contact_number);
    // What belongs to an account that is no longer configured stays on disk and waits for its return.
    if (!account || contact == contacts.end()) continue;
    auto conversation = std::make_unique<Conversation>();
    if (row.doc) conversation->read_doc(*row.doc);
    conversation->row = std::move(row);
    conversation->row.account = account->settings->name;
    conversation->row.doc = nullptr;
    conversation->contact = contact->second;
    keep(std::move(conversation));
  }
  for (const auto& row : image.timers) {
    const auto at = conversations_.find(row.conversation);
    if (at == conversations_.end()) continue;
    ++at->second->timers;
    timers_[row.key] = {at->second.get(), row.handler, row.id, row.due};
    agenda_.add(row.due, Agenda::What::timer, row.key);
  }
}

void Core::Machine::restore_turns(Image& image) {
  for (std::size_t i = 0; i < image.open_turns.size(); ++i) {
    const OpenTurnRow& row = image.open_turns[i];
    const auto at = conversations_.find(row.conversation);
    if (at == conversations_.end()) continue;
    Conversation& conversation = *at->second;
    auto turn = std::make_unique<Turn>();
    turn->index = row.index;
    turn->conversation = &conversation;
    turn->event_id = image.open_ids[i];
    turn->received = image.open_received[i];
    turn->deadline = row.deadline;
    turn->stage = static_cast<Turn::Stage>(row.stage);
    turn->first = conversation.row.number == row.index;
    if (const Text& text = image.open_events[i])
      if (auto event = parse_event(*text)) turn->event = std::move(*event);
    for (std::size_t from = 0, to = 0; from < row.only.size(); from = to + 1) {
      to = std::min(row.only.find(',', from), row.only.size());
      turn->only.push_back(intern(std::string_view(row.only).substr(from, to - from)));
    }
    if (turn->deadline > 0) agenda_.add(turn->deadline, Agenda::What::turn, turn->index);
    if (turn->stage != Turn::Stage::open) {
      conversation.waiting.push_back(turn.get());
      ++(turn->stage == Turn::Stage::quarantine ? figures_.quarantined : figures_.turns_waiting);
      if (turn->stage == Turn::Stage::quarantine)
        quarantine_reasons_[turn->index] =
            (row.only.empty() ? "it could not be decoded" : row.only + " failed on it") + ", before the last start";
    }
    turns_[turn->index] = std::move(turn);
  }
}

void Core::Machine::restore_outbox(Image& image) {
  for (std::size_t i = 0; i < image.outbox.size(); ++i) {
    const OutboxRow& row = image.outbox[i];
    const auto at = conversations_.find(row.conversation);
    if (at == conversations_.end() || !image.intents[i]) continue;
    auto intent = parse_intent(*image.intents[i]);
    const auto number = row.key % 256;
    if (!intent || static_cast<std::size_t>(number) > intent->pieces.size())
      throw std::runtime_error("record " + std::to_string(row.key / 256) +
                               " has a part in the outbox, but its body is not that of an intent; this ledger was "
                               "written by another version");
    auto part = std::make_unique<Part>();
    part->key = row.key;
    part->conversation = at->second.get();
    part->turn = row.turn;
    part->message = row.message;
    part->number = number;
    part->of = row.parts;
    part->state = static_cast<PartState>(row.state);
    part->hold_on_record = part->state == PartState::held;
    part->attempt = row.attempt;
    part->due = row.due;
    part->since = row.since;
    part->actor = intern(image.intent_actors[i]);
    Intent::Piece& piece = intent->pieces[static_cast<std::size_t>(number - 1)];
    part->content = std::move(piece.content);
    part->media = piece.media;
    part->effect = intent->effect;
    part->author = intent->author;
    part->ack = intent->ack;
    part->of_refusal = intent->of_refusal;
    part->comment_at = intent->comment_at;
    if (number == 1) part->text_hash = intent->text_hash;
    if (!intent->purpose.empty()) part->purpose = core::intern(intent->purpose);
    part->public_ = part->conversation->is_public() && part->effect != EffectKind::private_reply;
    if (part->due > 0) agenda_.add(part->due, Agenda::What::part, part->key);
    if (part->state == PartState::unknown) account_state(part->conversation->row.account)->unclear.push_back(part->key);
    // Its chain has ended with this part: the event is not handed over again.
    if (const auto turn = turns_.find(part->turn); turn != turns_.end() && turn->second->stage == Turn::Stage::open &&
                                                   turn->second->only.empty() && part->answers())
      turn->second->stage = Turn::Stage::waiting;
    parts_[part->key] = part.get();
    parts_by_id_[part->id()] = part.get();
    part->conversation->parts.push_back(std::move(part));
  }
}

void Core::Machine::resume(const Now& now, const Chance& chance, Decision& out) {
  Step step{now, Draw(chance), out};
  begin(step);
  resumed_ = true;
  if (copied_ > 0) set_aside(step);
  // What was on its way when the last process ended may or may not have arrived, and while nobody was here nobody could
  // hear of it: the time to settle begins now.
  std::map<std::int64_t, Part*> unclear;
  for (const auto& [key, part] : parts_)
    if (part->state == PartState::sending || part->state == PartState::unknown) unclear[key] = part;
  for (const auto& [key, part] : unclear) {
    if (part->state == PartState::sending) {
      part_unclear(step, *part);  // it may have left, and is counted
    } else {
      part->unclear_since = now.boot;
      set_part(step, *part, PartState::unknown, now.wall + settings_of(*part->conversation).settle);
    }
  }

  std::vector<std::int64_t> open;
  for (const auto& [index, turn] : turns_)
    if (turn->stage == Turn::Stage::open) open.push_back(index);
  std::sort(open.begin(), open.end());
  for (const std::int64_t index : open) enqueue(*turns_.at(index));
  std::vector<std::int64_t> numbers;
  for (const auto& [number, conversation] : conversations_) numbers.push_back(number);
  std::sort(numbers.begin(), numbers.end());
  for (const std::int64_t number : numbers) {
    pump(step, *conversations_.at(number));
    push(step, *conversations_.at(number));
  }
  for (const auto& settings : settings_->accounts) {
    AccountState& account = accounts_.at(settings.name);
    const bool was_paused = account.pause_class == "auth" && !account.paused.empty();
    watch_token(step, account);
    if (was_paused) mend_token(step, account);  // what mended it may have been the last that the last life did
  }
  for (const auto& settings : settings_->accounts)
    if (settings.polls)
      out.commit.emplace_back(Poll{settings.name, settings.section, accounts_.at(settings.name).cursor});
  for (const auto& settings : settings_->accounts) watch_listing(step, accounts_.at(settings.name));
  for (const auto& [request, erasure] : erasures_) go_on(step, erasure);
  plan_retention(step, kRetentionAfterStart);
}

// Accounts that stay keep their state; what waits is judged by the new policy from now on.
void Core::Machine::replace(Step& step, std::shared_ptr<const Settings> settings) {
  std::unordered_map<std::string_view, AccountState> accounts;
  for (const auto& account : settings->accounts) {
    AccountState& state = accounts[account.name];
    const auto at = accounts_.find(account.name);
    if (at != accounts_.end()) state = std::move(at->second);
    state.settings = &account;
    if (account.polls) step.out.commit.emplace_back(Poll{account.name, account.section, state.cursor});
  }
  // An account that left the configuration while it has live conversations keeps its last settings, so that nothing
  // that waits loses its footing; it gets no new events, since no webhook names it any more.
  for (auto& [name, state] : accounts_)
    if (!accounts.contains(name)) {
      auto kept = std::make_shared<AccountSettings>(*state.settings);
      retired_.push_back(kept);
      state.settings = kept.get();
      accounts[name] = std::move(state);
    }
  accounts_ = std::move(accounts);
  settings_ = std::move(settings);
  questions_.know(settings_->zones.get());
  rates_.caps.share(settings_->promotions());
  ++figures_.account_changes;
  for (const auto& account : settings_->accounts) {
    watch_token(step, accounts_.at(account.name));
    watch_listing(step, accounts_.at(account.name));
  }
  for (const auto& [request, erasure] : erasures_) look_again(step, request);
  plan_retention(step, kRetentionAfterStart);
}

}  // namespace postern::core
