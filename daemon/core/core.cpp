// SPDX-License-Identifier: Apache-2.0
#include "core/core.hpp"

#include "core/json_text.hpp"
#include "core/machine.hpp"
#include "core/planted.hpp"

namespace postern::core {

Core::Core(std::shared_ptr<const Settings> settings, const crypto::Key& seen_key, Image image)
    : machine_(std::make_unique<Machine>(std::move(settings), seen_key, std::move(image))) {}
Core::~Core() = default;

void Core::decide(Input&& input, const Now& now, const Chance& chance, Decision& out) {
  machine_->decide(std::move(input), now, chance, out);
}
void Core::resume(const Now& now, const Chance& chance, Decision& out) {
  machine_->resume(now, chance, out);
}
Micros Core::next_due() const {
  return machine_->next_due();
}
Figures Core::figures() const {
  return machine_->figures();
}
Tally Core::tally() const {
  return machine_->tally();
}
std::size_t Core::waiting() const {
  return machine_->waiting();
}
std::string Core::accounts_json() const {
  return machine_->accounts_json();
}
std::vector<AccountMark> Core::account_marks() const {
  return machine_->account_marks();
}
bool Core::knows_account(std::string_view name) const {
  return machine_->knows_account(name);
}
std::string Core::quarantine_json() const {
  return machine_->quarantine_json();
}
std::string Core::parked_json() const {
  return machine_->parked_json();
}
std::string_view Core::deletion_state(const Id& code) const {
  return machine_->deletion_state(code);
}

const policy::RateBook& Core::rates() const {
  return machine_->rates();
}

namespace {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

constexpr Micros kStep = 500 * kMilli;  // a larger step of the clock is a record

}  // namespace

void Core::Machine::decide(Input&& input, const Now& now, const Chance& chance, Decision& out) {
  Step step{now, Draw(chance), out};
  begin(step);
  const auto* noted = std::get_if<Noted>(&input);
  const bool ends_batch = noted && noted->record.type == "key.rotate";
  std::visit(Overloaded{
                 [&](Tick&&) {},
                 [&](Arrived&& it) { arrived(step, std::move(it)); },
                 [&](Undecodable&& it) { undecodable(step, std::move(it)); },
                 [&](Loaded&& it) { loaded(step, std::move(it)); },
                 [&](Handled&& it) { handled(step, std::move(it)); },
                 [&](HandlerFailed&& it) { handler_failed(step, std::move(it)); },
                 [&](Attempted&& it) { attempted(step, std::move(it)); },
                 [&](Profiled&& it) { profiled(step, std::move(it)); },
                 [&](Listed&& it) { listed(step, std::move(it)); },
                 [&](FileFetched&& it) { file_fetched(step, std::move(it)); },
                 [&](BodiesFound&& it) { bodies_found(step, std::move(it)); },
                 [&](SubjectFound&& it) { subject_found(step, std::move(it)); },
                 [&](RemainsFound&& it) { remains_found(step, std::move(it)); },
                 [&](OldFound&& it) { old_found(step, std::move(it)); },
                 [&](DeletionAsked&& it) { deletion_asked(step, std::move(it)); },
                 [&](Command&& it) { command(step, std::move(it)); },
                 [&](Noted&& it) {
                   Record& made = record(step, it.record.type);
                   it.record.index = made.index;
                   it.record.wall = made.wall;
                   it.record.boot = made.boot;
                   it.record.boot_id = made.boot_id;
                   made = std::move(it.record);
                   if (it.question) step.out.commit.emplace_back(Ask{it.question});
                 },
                 [&](Committed&& it) { committed(it.index); },
                 [&](Spares&& it) { spares_.insert(spares_.end(), it.ids.begin(), it.ids.end()); },
                 [&](Replaced&& it) { replace(step, std::move(it.settings)); },
                 [&](Refreshed&& it) { refreshed(step, std::move(it)); },
                 [&](Standing&& it) { standing(step, std::move(it)); },
             },
             std::move(input));
  if (ends_batch) return;
  if (!resumed_) return;  // what was open at the last end comes first, and must not leave memory before
  tick(step);
  forget_some();
}

// Looks at both clocks and puts a step of the wall clock on record before anything else of this input.
Micros Core::Machine::begin(Step& step) {
  const Now& now = step.now;
  const Micros offset = now.wall - now.boot;
  const bool same_boot = boot_id_ == now.boot_id;
  const bool back = now.wall < wall_ - kStep;
  const bool stepped = same_boot && offset_ != 0 && std::abs(offset - offset_) > kStep;
  if (planted(Bug::clock_step_hidden) && back) {
    wall_ = now.wall;
  } else if (next_index_ > 0 && (back || stepped)) {
    const Micros by = same_boot && offset_ != 0 ? offset - offset_ : now.wall - wall_;
    if (back) wall_ = now.wall;  // clock.step is itself the first record with the new time
    offset_ = offset;
    Record& made = record(step, "clock.step");
    made.count = by;
    postpone(step, by);
  } else {
    offset_ = offset;
  }
  if (!same_boot) {
    boot_ = 0;
    boot_id_ = now.boot_id;
  }
  return now.wall;
}

Record& Core::Machine::record(Step& step, std::string_view type) {
  wall_ = std::max(wall_, step.now.wall);
  boot_ = boot_id_ == step.now.boot_id ? std::max(boot_, step.now.boot) : step.now.boot;
  boot_id_ = step.now.boot_id;
  Record& made = step.out.records.emplace_back();
  made.index = next_index_++;
  made.wall = wall_;
  made.boot = boot_;
  made.boot_id = boot_id_;
  made.type = type;
  return made;
}

Record& Core::Machine::record(Step& step, std::string_view type, const Conversation& conversation) {
  Record& made = record(step, type);
  made.account = conversation.row.account;
  made.platform = settings_of(conversation).platform;
  made.conversation = conversation.row.id;
  made.contact = conversation.row.contact;
  return made;
}

void Core::Machine::publish(Step& step, std::string_view what, const Conversation& conversation, std::int64_t index,
                            std::string_view detail) {
  step.out.commit.emplace_back(Publish{what, settings_of(conversation).platform, conversation.row.account,
                                       conversation.row.id, index, wall_, std::string(detail)});
}

// Everything whose time has come. Bounded, so that a burst of timers cannot hold a batch for long: the rest is taken
// by the next step, which next_due() asks for at once.
void Core::Machine::tick(Step& step) {
  for (int left = 256; left > 0; --left) {
    const auto entry = agenda_.take(step.now.wall);
    if (!entry) return;
    switch (entry->what) {
      case Agenda::What::turn:
        turn_due(step, entry->key);
        break;
      case Agenda::What::part:
        part_due(step, entry->key);
        break;
      case Agenda::What::timer:
        timer_due(step, entry->key);
        break;
      case Agenda::What::lookup:
        if (const auto at = conversations_.find(entry->key); at != conversations_.end() && at->second->lookup) {
          lookups_.erase(at->second->lookup);
          at->second->lookup = 0;
          push(step, *at->second);
        }
        break;
      case Agenda::What::listing:
        listing_due(step, entry->key);
        break;
      case Agenda::What::medium:
        medium_due(step, entry->key);
        break;
      case Agenda::What::media_wait:
        if (const auto at = turns_.find(entry->key); at == turns_.end() || at->second->media_until <= step.now.wall)
          media_waited(step, entry->key);
        break;
      case Agenda::What::shred:
        shred_due(step, entry->key);
        break;
      case Agenda::What::erasure:
        look_again(step, entry->key);
        break;
      case Agenda::What::retention:
        retention_due(step);
        break;
      case Agenda::What::approval:
        approval_due(step, entry->key);
        break;
      case Agenda::What::account:
        token_due(step, entry->key);
        break;
    }
  }
}

// ---- what is in memory

std::string Core::Machine::thread_key(std::string_view account, std::string_view thread) {
  std::string key;
  key.reserve(account.size() + 1 + thread.size());
  key.append(account).append(1, '\0').append(thread);
  return key;
}

Conversation* Core::Machine::find(std::string_view account, std::string_view thread) {
  const auto at = by_thread_.find(thread_key(account, thread));
  return at == by_thread_.end() ? nullptr : at->second;
}

Conversation& Core::Machine::keep(std::unique_ptr<Conversation> conversation) {
  Conversation& kept = *conversation;
  by_thread_.try_emplace(thread_key(kept.row.account, kept.thread), &kept);
  by_id_[kept.row.id] = &kept;
  lru_.push_front(&kept);
  kept.used = lru_.begin();
  conversations_[kept.row.number] = std::move(conversation);
  return kept;
}

// The name may have become another's.
void Core::Machine::drop_name(const Conversation& conversation, const std::string& thread) {
  const auto at = by_thread_.find(thread_key(conversation.row.account, thread));
  if (at != by_thread_.end() && at->second == &conversation) by_thread_.erase(at);
}

void Core::Machine::used(Conversation& conversation) {
  lru_.splice(lru_.begin(), lru_, conversation.used);
}

// What leaves memory is idle and on disk in its newest form, and nobody is on the way with an older one.
void Core::Machine::forget_some() {
  for (int tries = 4; tries > 0 && conversations_.size() > settings_->hot_conversations; --tries) {
    Conversation& oldest = *lru_.back();
    if (!oldest.idle() || oldest.row.last_record > committed_ ||
        (oldest.changed > oldest_fetch() && !planted(Bug::left_too_early))) {
      used(oldest);  // pinned; look at it again when its turn comes
      continue;
    }
    drop_name(oldest, oldest.thread);
    for (const auto& name : oldest.other_names) drop_name(oldest, name);
    by_id_.erase(oldest.row.id);
    let_go(oldest.contact);
    lru_.pop_back();
    conversations_.erase(oldest.row.number);
  }
}

void Core::Machine::changed(Conversation& conversation) {
  conversation.row.last_record = next_index_ - 1;
  conversation.changed = next_number_;
}

void Core::Machine::save(Step& step, Conversation& conversation, bool with_doc) {
  changed(conversation);
  ConversationRow row = conversation.row;
  if (with_doc) row.doc = conversation.doc();
  step.out.rows.emplace_back(std::move(row));
}

// A contact may be held by no conversation (one of a group): until it is durable, and whoever asked before that has got
// the answer, it must be found here, or it would become a second one.
void Core::Machine::save(Step& step, const std::shared_ptr<Contact>& contact) {
  step.out.rows.emplace_back(contact->row());
  unsaved_.push_back({next_index_ - 1, next_number_, contact});
}

void Core::Machine::committed(std::int64_t index) {
  committed_ = std::max(committed_, index);
  while (!unsaved_.empty() && unsaved_.front().index <= committed_ && unsaved_.front().number <= oldest_fetch()) {
    let_go(unsaved_.front().contact);
    unsaved_.pop_front();
  }
  const std::uint64_t oldest = std::min(oldest_fetch(), oldest_search());
  std::erase_if(gone_, [&](const auto& each) { return each.second <= oldest; });
}

Core::Machine::AccountState* Core::Machine::account_state(std::string_view name) {
  const auto at = accounts_.find(name);
  return at == accounts_.end() ? nullptr : &at->second;
}

}  // namespace postern::core
