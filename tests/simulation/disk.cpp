// SPDX-License-Identifier: Apache-2.0
#include "disk.hpp"

#include <algorithm>
#include <unordered_set>

#include "core/attempts.hpp"
#include "core/conversation.hpp"
#include "core/event.hpp"
#include "core/intent.hpp"

namespace postern::simulation {
namespace {

core::BodiesFound::Body body_of(const core::Record& record) {
  return {record.index,   record.account,      record.platform, record.retention,
          record.contact, record.conversation, record.message,  record.wall};
}

}  // namespace

void Disk::commit(Batch&& batch, const std::vector<Invariant*>& watching) {
  for (auto& record : batch.records) {
    for (auto* each : watching) each->committed(record);
    records_.push_back(std::move(record));
  }
  for (const auto& row : batch.rows) std::visit([this](const auto& form) { put(form); }, row);
  for (const auto& row : batch.rows)
    for (auto* each : watching) each->stored(row);
}

void Disk::commit_keys(const Batch& batch) {
  for (const auto& row : batch.rows)
    if (const auto* token = std::get_if<core::TokenRow>(&row))
      put(*token);
    else if (const auto* gone = std::get_if<core::KeysGone>(&row))
      put(*gone);
}

void Disk::put(const core::ConversationRow& row) {
  auto& kept = conversations_[row.number];
  const core::Text doc = row.doc ? row.doc : kept.doc;
  kept = row;
  kept.doc = doc;
}

void Disk::put(const core::ContactRow& row) {
  spares_.erase(row.id);
  contacts_[row.number] = row;
}

void Disk::put(const core::OpenTurnRow& row) {
  if (row.erase)
    open_turns_.erase(row.index);
  else
    open_turns_[row.index] = row;
}

void Disk::put(const core::OutboxRow& row) {
  if (row.erase)
    outbox_.erase(row.key);
  else
    outbox_[row.key] = row;
}

void Disk::put(const core::TimerRow& row) {
  if (row.erase)
    timers_.erase(row.key);
  else
    timers_[row.key] = row;
}

void Disk::put(const core::CommandRow& row) {
  if (row.erase)
    commands_.erase(row.key);
  else
    commands_[row.key] = row;
}

void Disk::put(const core::MediumRow& row) {
  if (row.erase)
    media_.erase(row.key);
  else
    media_[row.key] = row;
}

void Disk::put(const core::ShredRow& row) {
  if (row.erase)
    shreds_.erase(row.index);
  else
    shreds_[row.index] = row;
}

void Disk::put(const core::ErasureRow& row) {
  if (row.erase)
    erasures_.erase(row.request);
  else
    erasures_[row.request] = row;
}

// What was sealed with the keys is as good as gone, though the bodies are still there.
void Disk::put(const core::KeysGone& row) {
  const auto of = [&](const auto& each) { return std::ranges::find(row.names, each.second.id) != row.names.end(); };
  std::erase_if(threads_, of);
  std::erase_if(people_, of);
  for (auto& [number, conversation] : conversations_)
    if (conversation.contact == row.contact) conversation.doc = nullptr;
  if (const auto contact = contacts_.find(row.number); contact != contacts_.end()) contact->second.doc = nullptr;
  std::erase_if(states_, [&](const auto& each) { return each.second.contact == row.contact; });
}

void Disk::put(const core::ContactGone& row) {
  for (const auto number : row.conversations) conversations_.at(number).doc = nullptr;
}

void Disk::put(const core::HoldRow& row) {
  if (row.released == core::kNone)
    holds_[row.id] = row;
  else
    holds_.erase(row.id);
}

void Disk::put(const core::ApprovalRow& row) {
  if (row.erase)
    approvals_.erase(row.request);
  else
    approvals_[row.request] = row;
}

core::OldFound Disk::find_old(const core::FindOld& wanted) const {
  constexpr std::size_t kLot = 3;
  core::OldFound found;
  found.run = wanted.run;
  for (auto index = wanted.from; index < static_cast<std::int64_t>(records_.size()); ++index) {
    const auto& record = records_[static_cast<std::size_t>(index)];
    const auto* rule = wanted.settings->retained(record.retention, record.platform, record.account);
    if (!record.body || rule == nullptr || rule->most == 0 || record.wall > wanted.now - rule->most) continue;
    if (found.bodies.size() == kLot) {
      found.next = index;
      break;
    }
    found.bodies.push_back(body_of(record));
    for (auto medium = media_.lower_bound(index * core::kMostFiles);
         medium != media_.end() && medium->first < (index + 1) * core::kMostFiles; ++medium)
      found.media.push_back(medium->second);
  }
  return found;
}

core::SubjectFound Disk::find_subject(const core::FindSubject& wanted) const {
  core::SubjectFound found;
  found.search = wanted.search;
  Id id = wanted.contact;
  if (const auto at = people_.find({std::string(wanted.account), wanted.name}); !id && at != people_.end())
    id = at->second.id;
  for (const auto& [number, row] : contacts_)
    if (id && row.id == id) found.contact = row;
  if (!found.contact) return found;
  for (const auto& [number, row] : conversations_)
    if (row.contact == id) found.conversations.push_back(row.id);
  std::map<std::string_view, Micros> kept;
  for (const auto& record : records_)
    if (record.contact == id && record.body) kept[record.retention] = record.wall;
  for (const auto& [retention, newest] : kept) found.kept.push_back({retention, newest});
  for (const auto& record : records_)
    if (record.contact == id && record.type == "subject.erased" && record.outcome == "ok") found.erased = record.index;
  return found;
}

core::RemainsFound Disk::find_remains(const core::FindRemains& wanted) const {
  constexpr std::size_t kLot = 3;
  core::RemainsFound found;
  found.request = wanted.request;
  found.first = wanted.before == core::kNone;
  const auto end = found.first ? static_cast<std::int64_t>(records_.size()) : wanted.before;
  for (std::int64_t index = end - 1; index >= 0 && found.before == core::kNone; --index) {
    const auto& record = records_[static_cast<std::size_t>(index)];
    if (record.contact != wanted.contact || !record.body) continue;
    if (found.bodies.size() == kLot) {
      found.before = index + 1;
      break;
    }
    found.bodies.push_back(index);
    for (auto medium = media_.lower_bound(index * core::kMostFiles);
         medium != media_.end() && medium->first < (index + 1) * core::kMostFiles; ++medium)
      found.media.push_back(medium->second);
  }
  if (!found.first) return found;
  found.names.push_back(wanted.contact);
  for (const auto& [number, row] : conversations_) {
    if (row.contact != wanted.contact) continue;
    found.names.push_back(row.id);
    found.conversations.push_back(number);
  }
  return found;
}

core::BodiesFound Disk::find_bodies(std::int64_t index) const {
  core::BodiesFound found;
  found.index = index;
  const auto take = [&](std::int64_t at) {
    const auto& record = records_[static_cast<std::size_t>(at)];
    if (record.body) found.bodies.push_back(body_of(record));
  };
  const auto take_whole = [&](std::int64_t at) {
    take(at);
    for (auto medium = media_.lower_bound(at * core::kMostFiles);
         medium != media_.end() && medium->first < (at + 1) * core::kMostFiles; ++medium) {
      found.media.push_back(medium->second);
      if (medium->second.record != core::kNone) take(medium->second.record);
    }
  };
  const auto& record = records_[static_cast<std::size_t>(index)];
  const auto event = record.body ? core::parse_event(*record.body) : Result<core::Event>(failure("gone"));
  found.unsent = event && event->kind == core::Kind::unsend;
  if (!found.unsent) {
    take_whole(index);
    return found;
  }
  for (std::int64_t at = 0; at < static_cast<std::int64_t>(records_.size()); ++at) {
    const auto& each = records_[static_cast<std::size_t>(at)];
    if (each.conversation != record.conversation || !each.body || (each.type != "msg.in" && each.type != "msg.edit"))
      continue;
    const auto other = core::parse_event(*each.body);
    if (other && !other->outgoing && other->platform_id == event->platform_id) take_whole(at);
  }
  return found;
}

core::Image Disk::image(const core::Settings& settings, Dice& dice) const {
  core::Image image;
  image.next_index = static_cast<std::int64_t>(records_.size());
  if (!records_.empty()) {
    const auto& last = records_.back();
    image.last_wall = last.wall;
    image.last_boot_time = last.boot;
    image.last_boot.assign(last.boot_id.begin(), last.boot_id.end());
  }
  for (const auto& [index, row] : open_turns_) {
    const auto& record = records_[static_cast<std::size_t>(index)];
    image.open_turns.push_back(row);
    image.open_events.push_back(record.body);
    image.open_received.push_back(record.wall);
    image.open_ids.push_back(record.message);
  }
  for (const auto& [key, row] : outbox_) {
    const auto& record = records_[static_cast<std::size_t>(key / 256)];
    image.outbox.push_back(row);
    image.intents.push_back(record.body);
    image.intent_actors.emplace_back(record.actor);
  }
  for (const auto& [key, row] : timers_) image.timers.push_back(row);
  for (const auto& [key, row] : media_) {
    const auto& record = records_[static_cast<std::size_t>(key / core::kMostFiles)];
    if (row.record == core::kNone)
      image.media.push_back({row, record.account, record.contact, record.conversation, record.message, record.wall,
                             record.retention, record.body});
  }
  for (const auto& [index, row] : shreds_) image.shreds.push_back(row);
  for (const auto& [contact, row] : links_) image.links.push_back(row);
  for (const auto& [index, row] : attempts_) image.counted.push_back(row);
  for (const auto& [request, row] : erasures_) image.erasures.push_back(row);
  for (const auto& [id, row] : holds_) image.holds.push_back(row);
  for (const auto& [request, row] : approvals_) image.approvals.push_back(row);
  for (const auto& [request, row] : deletions_) image.deletions.push_back(row);
  for (const auto& [account, row] : cursors_) image.cursors.push_back(row);
  for (const auto& [account, row] : accounts_) image.accounts.push_back(row);
  for (const auto& [key, row] : commands_) image.commands.push_back(row);
  for (const auto& [account, row] : tokens_) image.tokens.push_back(row);
  image.spares.assign(spares_.begin(), spares_.end());
  add_named(image);
  add_sent(image, image.last_wall - settings.rates_look_back(core::kTail));
  add_seen(image, settings.seen_in_memory, dice.happens(500));
  return image;
}

// The conversations that open turns, parts and timers name, and who they are with.
void Disk::add_named(core::Image& image) const {
  std::set<std::int64_t> conversations, contacts;
  for (const auto& row : image.open_turns) conversations.insert(row.conversation);
  for (const auto& row : image.outbox) conversations.insert(row.conversation);
  for (const auto& row : image.timers) conversations.insert(row.conversation);
  add_states(image.states, {});
  for (const auto number : conversations) {
    const auto at = conversations_.find(number);
    if (at == conversations_.end()) continue;
    image.conversations.push_back(at->second);
    const auto contact = contacts_.find(at->second.contact_number);
    if (contact == contacts_.end() || !contacts.insert(contact->first).second) continue;
    image.contacts.push_back(contact->second);
    add_states(image.states, contact->second.id);
  }
}

void Disk::add_sent(core::Image& image, Micros since) const {
  std::unordered_set<std::int64_t> on_their_way;
  for (const auto& [key, row] : outbox_)
    if (static_cast<core::PartState>(row.state) == core::PartState::sending) on_their_way.insert(key);
  core::AttemptsBackwards attempts(std::move(on_their_way));
  for (auto at = records_.rbegin(); at != records_.rend() && at->wall > since; ++at) {
    const auto step = core::attempt_step(at->type, at->decision, at->body || shredded_.contains(at->index));
    const auto key = attempts.take(step, at->index, at->cause, at->count.value_or(1));
    if (!key) continue;
    core::PastAttempt sent;
    sent.index = at->index;
    sent.account = at->account;
    sent.at = at->wall;
    sent.message = *key / 256;
    bool in_public = false;
    for (const auto& [number, row] : conversations_)
      if (row.id == at->conversation) {
        sent.contact_number = row.contact_number;
        in_public = row.flags & core::Conversation::kPublic;
      }
    const core::Text& body = records_[static_cast<std::size_t>(*key / 256)].body;
    // Of somebody who was erased it counts as a plain message.
    if (body) core::describe(sent, *core::parse_intent(*body), *key % 256, in_public);
    image.sent.push_back(sent);
  }
  std::reverse(image.sent.begin(), image.sent.end());
}

void Disk::add_seen(core::Image& image, std::size_t capacity, bool leave_on_disk) const {
  std::vector<core::SeenRow> newest;
  for (const auto& [look, row] : seen_) newest.push_back(row);
  std::sort(newest.begin(), newest.end(),
            [](const auto& a, const auto& b) { return std::tie(b.sent_at, b.index) < std::tie(a.sent_at, a.index); });
  const std::size_t kept = leave_on_disk ? 0 : std::min(capacity, newest.size());
  if (kept < newest.size()) image.seen_before = std::max<Micros>(newest[kept].sent_at, 1);
  newest.resize(kept);
  image.seen = std::move(newest);
}

void Disk::add_states(std::vector<core::StateRow>& to, const Id& contact) const {
  for (const auto& [key, row] : states_)
    if (row.contact == contact) to.push_back(row);
}

core::Loaded Disk::load(const core::Load& load) const {
  core::Loaded found;
  found.load = load.load;
  if (load.record != core::kNone) {
    found.event = records_.at(static_cast<std::size_t>(load.record)).body;
    return found;
  }
  if (load.conversation) {
    for (const auto& [number, row] : conversations_)
      if (row.id == load.conversation) found.conversation = row;
  } else if (const auto thread = threads_.find({std::string(load.account), load.thread}); thread != threads_.end()) {
    found.conversation = conversations_.at(thread->second.number);
  }
  if (found.conversation) {
    found.owner = contacts_.at(found.conversation->contact_number);
    add_states(found.states, found.owner->id);
  }
  if (const auto sender = people_.find({std::string(load.account), load.sender}); sender != people_.end()) {
    found.contact = contacts_.at(sender->second.number);
    add_states(found.states, found.contact->id);
  }
  for (std::size_t i = 0; i < load.looks.size(); ++i) {
    const auto [begin, end] = seen_.equal_range(load.looks[i]);
    found.seen.push_back(std::any_of(begin, end, [&](const auto& each) {
      const auto& record = records_[static_cast<std::size_t>(each.second.index)];
      if (!record.body) return record.account == load.account;  // shredded: it can no longer contradict
      const auto event = core::parse_event(*record.body);
      return record.account == load.account && event && event->key == load.keys[i];
    }));
  }
  return found;
}

std::vector<Id> Disk::make_spares(Dice& dice, std::size_t count) {
  std::vector<Id> made(count);
  for (auto& id : made) {
    const auto chance = dice.chance();
    std::copy(chance.begin(), chance.end(), id.bytes.begin());
    spares_.insert(id);
  }
  return made;
}

const core::ConversationRow* Disk::conversation(std::int64_t number) const {
  const auto at = conversations_.find(number);
  return at == conversations_.end() ? nullptr : &at->second;
}

const core::ConversationRow* Disk::any_conversation(Dice& dice) const {
  if (conversations_.empty()) return nullptr;
  return &std::next(conversations_.begin(), dice.between(0, static_cast<std::int64_t>(conversations_.size()) - 1))
              ->second;
}

}  // namespace postern::simulation
