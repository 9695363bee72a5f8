// SPDX-License-Identifier: Apache-2.0
// Files that came with events are fetched and kept, or only their hash is; and content goes that nobody may have any
// more: what a contact has taken back, and what was sent for a time only.
#include <algorithm>

#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kMostWaiting = 10'000;  // files to be fetched; of what comes then only the link is kept
constexpr Micros kAgain[] = {10 * kSecond, kMinute, 10 * kMinute};  // after the first, second … attempt that failed
constexpr Micros kLookAgain = 10 * kSecond;
// A message that is taken back may come after the event that says so: so long it is looked for.
constexpr Micros kLookFor = 10 * kMinute;

std::string_view name(MediaPolicy policy) {
  return policy == MediaPolicy::store ? "store" : "hash";
}

// What a handler is told of a file (context.schema.json) and, with where it is kept, what goes on record.
std::string description(std::int64_t place, const FileElsewhere& file, const FileFetched& found, std::int64_t record,
                        bool whole) {
  std::string out;
  JsonObject object(out);
  object.add("attachment", place).add("type", file.type);
  if (found.outcome != FileFetched::Outcome::done) {
    object.add("state", "failed").add("reason", found.reason).end();
    return out;
  }
  object.add("state", found.file.empty() ? "hashed" : "stored").add("mime", found.mime).add("size", found.size);
  object.add("sha256", found.sha256);
  if (whole)
    object.add_if("url", file.url);
  else
    object.add("id", std::to_string(record));
  if (whole && !found.file.empty()) object.add("file", found.file).add("h", found.sealed).add("n", found.length);
  object.end();
  return out;
}

}  // namespace

// ---- files

// The record of the event has been made; its files are fetched when it is durable.
void Core::Machine::want_files(Step& step, const Conversation& conversation, const Id& sender, const Event& event,
                               std::int64_t index, const Id& message, std::string_view retention) {
  const AccountSettings& account = settings_of(conversation);
  if (account.media == MediaPolicy::link || event.outgoing) return;
  for (const auto& file : event.files) {
    if (file.url.empty() && !account.resolves_media) continue;
    if (media_.size() >= kMostWaiting) {
      ++figures_.files_passed;
      step.out.once.emplace_back(Alarm{"media.passed", "too many files wait to be fetched; only a link was kept",
                                       account.name, conversation.row.id});
      return;
    }
    Medium medium;
    medium.row.key = index * kMostFiles + file.place;
    medium.account = account.name;
    medium.contact = sender;
    medium.conversation = conversation.row.id;
    medium.message = message;
    medium.wall = wall_;
    medium.retention = retention;
    medium.thread = event.thread;
    medium.file = file;
    step.out.rows.emplace_back(medium.row);
    fetch_file(step, media_[medium.row.key] = std::move(medium));
  }
}

void Core::Machine::fetch_file(Step& step, Medium& medium) {
  const AccountState* account = account_state(medium.account);
  if (!account || account->settings->media == MediaPolicy::link) {
    FileFetched unwanted;  // the configuration has changed since
    unwanted.medium = medium.row.key;
    unwanted.reason = "not-wanted";
    return file_fetched(step, std::move(unwanted));
  }
  const AccountSettings& settings = *account->settings;
  medium.policy = settings.media;
  medium.row.due = 0;
  ++medium.row.attempt;
  FetchFile fetch{medium.row.key, settings.name, settings.section, medium.file.type, medium.file.url, {}};
  fetch.keep = medium.policy == MediaPolicy::store;
  fetch.contact = medium.contact;
  fetch.index = medium.event();
  fetch.wall = medium.wall;
  if (medium.file.url.empty()) {
    JsonObject task(fetch.task);
    task.add("task", medium.message.hex() + "-" + std::to_string(medium.file.place)).add("kind", "media");
    task.add("account", settings.name).add_if("account_key", settings.account_key).raw("options", settings.options);
    task.add("thread", medium.thread).raw("attachment", medium.file.json).end();
  }
  step.out.commit.emplace_back(std::move(fetch));
}

void Core::Machine::file_fetched(Step& step, FileFetched&& input) {
  const auto at = media_.find(input.medium);
  if (at == media_.end()) {
    // Its message was taken back meanwhile.
    if (!input.file.empty()) step.out.commit.emplace_back(DropFiles{{std::move(input.file)}});
    return;
  }
  Medium& medium = at->second;
  const auto tried = static_cast<std::size_t>(medium.row.attempt);
  if (input.outcome == FileFetched::Outcome::retry && tried <= std::size(kAgain)) {
    medium.row.due = step.now.wall + kAgain[tried - 1];
    agenda_.add(medium.row.due, Agenda::What::medium, medium.row.key);
    step.out.rows.emplace_back(medium.row);
    return;
  }
  if (input.outcome == FileFetched::Outcome::retry) input.outcome = FileFetched::Outcome::failed;
  const Medium ended = std::move(medium);
  media_.erase(at);
  medium_ended(step, ended, std::move(input));
}

void Core::Machine::medium_ended(Step& step, const Medium& medium, FileFetched&& input) {
  const bool done = input.outcome == FileFetched::Outcome::done;
  const AccountState* account = account_state(medium.account);
  Record& made = record(step, "msg.media");
  made.outcome = done ? "ok" : "failed";
  made.account = medium.account;
  if (account) made.platform = account->settings->platform;
  made.contact = medium.contact;
  made.conversation = medium.conversation;
  made.message = medium.message;
  made.cause = medium.event();
  made.decision = done ? std::string(name(medium.policy)) : input.reason;
  made.retention = medium.retention;
  if (done) made.count = input.size;
  if (done)
    made.body =
        std::make_shared<const std::string>(description(medium.file.place, medium.file, input, made.index, true));
  MediumRow row = medium.row;
  row.record = made.index;
  row.file = input.file;
  row.erase = !done;
  const std::int64_t index = made.index;
  step.out.rows.emplace_back(std::move(row));
  ++(done ? figures_.files_fetched : figures_.files_failed);
  if (account)
    step.out.commit.emplace_back(Publish{"media", account->settings->platform, medium.account, medium.conversation,
                                         index, wall_, done ? std::string(name(medium.policy)) : input.reason});
  const auto turn = turns_.find(medium.event());
  if (turn == turns_.end()) return;
  turn->second->media.push_back(description(medium.file.place, medium.file, input, index, false));
  if (!fetches_files_of(medium.event())) media_waited(step, medium.event());
}

void Core::Machine::medium_due(Step& step, std::int64_t key) {
  const auto at = media_.find(key);
  if (at != media_.end() && at->second.row.due > 0 && at->second.row.due <= step.now.wall) fetch_file(step, at->second);
}

bool Core::Machine::fetches_files_of(std::int64_t event) const {
  const auto first = media_.lower_bound(event * kMostFiles);
  return first != media_.end() && first->second.event() == event;
}

// True while the lane waits for the event's files; it waits `media_wait` at most.
bool Core::Machine::waits_for_media(Step& step, const Chain& chain) {
  Turn& turn = *chain.turn;
  const bool wanted = std::any_of(chain.handlers.begin(), chain.handlers.end(),
                                  [&](std::size_t handler) { return settings_->handlers[handler].needs_media; });
  if (!wanted || !fetches_files_of(turn.index)) return false;
  if (turn.media_until == 0) {
    turn.media_until = step.now.wall + settings_->media_wait;
    media_waits_.insert(turn.index);
    agenda_.add(turn.media_until, Agenda::What::media_wait, turn.index);
  }
  return media_waits_.contains(turn.index);
}

// The files are there, or have had their time.
void Core::Machine::media_waited(Step& step, std::int64_t event) {
  if (media_waits_.erase(event) == 0) return;
  if (const auto turn = turns_.find(event); turn != turns_.end()) push(step, *turn->second->conversation);
}

// ---- content that has to go

// What is sent for a time only goes when it is over; what a contact takes back goes at once. A brand that takes its own
// message back changes nothing of what it has said.
void Core::Machine::note_shred(Step& step, const Event& event, const Conversation& conversation, std::int64_t index) {
  const bool removed = event.kind == Kind::unsend || (event.kind == Kind::comment && event.comment_verb == "remove");
  const bool unsent = removed && !event.outgoing && settings_of(conversation).shreds_unsent;
  if (event.expires_at <= 0 && !unsent) return;
  const Micros due = unsent ? step.now.wall : event.expires_at;
  shreds_[index] = due;
  step.out.rows.emplace_back(ShredRow{index, due, false});
  agenda_.add(due, Agenda::What::shred, index);
}

void Core::Machine::shred_due(Step& step, std::int64_t index) {
  const auto at = shreds_.find(index);
  if (at != shreds_.end() && at->second <= step.now.wall) step.out.commit.emplace_back(FindBodies{index});
}

// Bodies and what is said to have gone with them change in one batch; the files, which only that batch names, after it.
void Core::Machine::bodies_found(Step& step, BodiesFound&& input) {
  const auto at = shreds_.find(input.index);
  if (at == shreds_.end()) return;
  if (const Micros until = must_stay(step, input); until != 0) {
    // Of a hold nobody knows the end; whoever releases it asks again.
    if (until != kNone) agenda_.add(until, Agenda::What::shred, input.index);
    return;
  }
  const bool too_early = input.unsent && input.bodies.empty() && at->second + kLookFor > step.now.wall;
  if (too_early || is_being_handled(input)) {
    agenda_.add(step.now.wall + (too_early ? kMinute : kLookAgain), Agenda::What::shred, input.index);
    return;
  }
  shreds_.erase(at);
  step.out.rows.emplace_back(ShredRow{input.index, 0, true});
  DropFiles drop;
  for (auto& row : input.media) {
    if (!row.file.empty()) drop.files.push_back(std::move(row.file));
    media_.erase(row.key);
    row.erase = true;
    step.out.rows.emplace_back(std::move(row));
  }
  for (const auto& body : input.bodies) {
    give_up(step, input, body);
    purge(step, input, body);
  }
  if (!drop.files.empty()) step.out.commit.emplace_back(std::move(drop));
}

// Who failed on an event cannot be asked about it again when its content is gone.
void Core::Machine::give_up(Step& step, const BodiesFound& input, const BodiesFound::Body& body) {
  const auto at = turns_.find(body.index);
  if (at == turns_.end() || at->second->stage != Turn::Stage::quarantine) return;
  Turn& turn = *at->second;
  Record& made = record(step, "turn.declined", *turn.conversation);
  made.cause = body.index;
  made.message = body.message;
  made.decision = input.unsent ? "unsent" : "expired";
  if (turn.deadline > 0) end_turn(step, turn, "declined", "system");
  drop_turn(step, turn);
}

// A handler that has the event, or is about to get it, is not robbed of it; it takes seconds.
bool Core::Machine::is_being_handled(const BodiesFound& input) const {
  return std::any_of(input.bodies.begin(), input.bodies.end(), [&](const BodiesFound::Body& body) {
    const auto turn = turns_.find(body.index);
    return turn != turns_.end() && turn->second->stage == Turn::Stage::open;
  });
}

// Until when: kNone: as long as somebody holds it; 0: it may go.
Micros Core::Machine::must_stay(const Step& step, const BodiesFound& input) const {
  Micros until = 0;
  for (const auto& body : input.bodies) {
    if (hold_on({body.account, body.contact, body.conversation})) return kNone;
    const auto* rule = settings_->retained(body.retention, body.platform, body.account);
    if (rule != nullptr && body.wall + rule->least > step.now.wall) until = std::max(until, body.wall + rule->least);
  }
  return until;
}

void Core::Machine::purge(Step& step, const BodiesFound& input, const BodiesFound::Body& body) {
  Record& made = record(step, "retention.purged");
  made.account = body.account;
  made.platform = body.platform;
  made.contact = body.contact;
  made.conversation = body.conversation;
  made.message = body.message;
  made.cause = input.index;
  made.decision = input.unsent ? "unsent" : "expired";
  made.retention = body.retention;
  made.count = 1;
  made.range = std::pair(body.index, body.index + 1);
  step.out.rows.emplace_back(BodyGone{body.index});
  ++figures_.bodies_shredded;
  step.out.commit.emplace_back(
      Publish{"shredded", body.platform, body.account, body.conversation, made.index, wall_, made.decision});
}

// ---- from an image

void Core::Machine::restore_media(Image& image) {
  for (auto& kept : image.media) {
    if (!kept.event) continue;  // its content has gone
    const auto event = parse_event(*kept.event);
    if (!event) continue;
    const std::int64_t place = kept.row.key % kMostFiles;
    const auto file = std::find_if(event->files.begin(), event->files.end(),
                                   [&](const FileElsewhere& each) { return each.place == place; });
    if (file == event->files.end()) continue;
    const AccountState* account = account_state(kept.account);
    if (!account) continue;  // it waits on disk for its account's return
    Medium medium{kept.row,       account->settings->name, kept.contact, kept.conversation, kept.message, kept.wall,
                  kept.retention, event->thread,           *file};
    medium.row.due = std::max<Micros>(medium.row.due, 1);
    agenda_.add(medium.row.due, Agenda::What::medium, medium.row.key);
    media_.emplace(medium.row.key, std::move(medium));
  }
  for (const auto& row : image.shreds) {
    shreds_[row.index] = row.due;
    agenda_.add(row.due, Agenda::What::shred, row.index);
  }
}

}  // namespace postern::core
