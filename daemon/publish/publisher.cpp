// SPDX-License-Identifier: Apache-2.0
#include "publish/publisher.hpp"

#include <algorithm>
#include <limits>

#include "base/log.hpp"
#include "base/thread.hpp"
#include "ledger/check.hpp"

namespace postern::publish {
namespace {

constexpr std::chrono::microseconds kRetry = std::chrono::seconds(5);
constexpr Micros kPatience = 10 * kSecond, kPatienceAtStart = 3 * kSecond;

}  // namespace

Publisher::Publisher(std::unique_ptr<ledger::View> view, const Settings& settings, Events events)
    : view_(std::move(view)),
      most_waiting_(settings.every == 0 ? 1 : settings.records),
      every_(settings.every == 0 ? kMinute : settings.every),
      events_(std::move(events)),
      caller_(settings, kPatience) {
  for (auto& sink : make_sinks(settings, caller_)) {
    const auto name = sink->name();
    outlets_.push_back({std::move(sink), {name, 0, {}}});
  }
  for (const auto& place : settings.witnesses)
    watchers_.push_back({Witness(place, caller_), {"witness " + place.vkey.name, 0, {}}});
  published_ = view_->log().integer("SELECT max(size) FROM checkpoint").value_or(0);
  thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
}

Publisher::~Publisher() {
  stop();
}

void Publisher::committed(std::int64_t last_index) {
  newest_ = last_index + 1;
  if (due() && !rung_.exchange(true)) bell_.release();
}

bool Publisher::due() const {
  return newest_ - published_ >= most_waiting_;
}

/// What was away is asked again soon, also when nothing new is recorded.
bool Publisher::in_trouble() const {
  const auto all = marks();
  return std::any_of(all.begin(), all.end(), [](const Mark& mark) { return !mark.trouble.empty(); });
}

std::vector<Mark> Publisher::marks() const {
  std::lock_guard lock(mutex_);
  std::vector<Mark> marks;
  for (const auto& outlet : outlets_) marks.push_back(outlet.mark);
  for (const auto& watcher : watchers_) marks.push_back(watcher.mark);
  return marks;
}

void Publisher::stop() {
  if (!thread_.joinable()) return;
  ends_ = true;
  thread_.request_stop();
  caller_.stop();
  if (!rung_.exchange(true)) bell_.release();
  thread_.join();
}

void Publisher::run(std::stop_token stop) {
  name_thread("publisher");
  yield_to_wakers();
  while (!stop.stop_requested()) {
    publish();
    const auto next = std::chrono::steady_clock::now() + (in_trouble() ? std::min(every_, kRetry) : every_);
    while (!due() && !stop.stop_requested() && bell_.try_acquire_until(next)) rung_ = false;
  }
  // What was decided last of all is in the files at least; calls end at once, which is no trouble of theirs.
  if (const auto head = view_->head(); head && !alarmed_) put(*head);
}

void Publisher::publish() {
  const auto head = view_->head();
  if (!head || alarmed_) return;
  const bool news = has_news(published_, head->size);
  const bool well = put(*head);
  records_.clear();
  rows_.clear();
  if (head->size > published_) rows_.push_back({head->size, {}, head->note});
  if (news) add_record("checkpoint.published", well ? "ok" : "failed", head->size);
  published_ = head->size;
  ask_witnesses(*head, news);
  if (!rows_.empty() || !records_.empty()) events_.record(std::move(records_), std::move(rows_));
  if (const auto read = view_->take_error(); !read)
    log::warning("publish.unread", "the newest checkpoint could not be read: " + text(read.error()));
}

/// False if any sink is in trouble.
bool Publisher::put(const ledger::View::Head& head) {
  bool well = true;
  for (auto& outlet : outlets_) {
    if (outlet.mark.size == head.size && outlet.mark.trouble.empty()) continue;
    const auto done = outlet.sink->put(head.note, clock_.now().wall);
    settle(outlet.mark, head.size, done ? std::string() : text(done.error()));
    well &= done.has_value();
  }
  return well;
}

void Publisher::ask_witnesses(const ledger::View::Head& head, bool news) {
  for (auto& watcher : watchers_) {
    if (watcher.mark.size == head.size && watcher.mark.trouble.empty()) continue;
    auto outcome = watcher.witness.submit(*view_, head);
    settle(watcher.mark, head.size, outcome.trouble);
    const bool missing = !outcome.trouble.empty();
    if (missing ? !watcher.told : news || watcher.told) {
      add_record(missing ? "witness.missing" : "witness.cosigned", missing ? "failed" : "ok", head.size);
      records_.back().extra = {{"witness", watcher.witness.name()}};
    }
    watcher.told = missing;
    for (auto& line : outcome.lines) rows_.push_back(std::move(line));
    if (outcome.alarm.empty() || std::exchange(alarmed_, true)) continue;
    log::error("ledger.alarm", outcome.alarm);
    events_.alarm(outcome.alarm);
  }
}

void Publisher::settle(Mark& mark, std::int64_t size, std::string trouble) {
  if (ends_) return;
  if (mark.trouble.empty() != trouble.empty()) {
    if (trouble.empty())
      log::info("publish.well", "checkpoints are taken again", {{"sink", mark.name}});
    else
      log::warning("publish.failed", "a checkpoint was not taken, it is tried again: " + trouble,
                   {{"sink", mark.name}});
  }
  std::lock_guard lock(mutex_);
  if (trouble.empty()) mark.size = size;
  mark.trouble = std::move(trouble);
}

/// Is there any record but those about publishing? Theirs are published, too, and say nothing of that: else each
/// publication would make another one.
bool Publisher::has_news(std::int64_t from, std::int64_t to) {
  std::string bytes;
  for (auto index = from; index < to; ++index) {
    const auto leaf = view_->records().read(index, bytes);
    if (!leaf || (leaf->k != "checkpoint.published" && !leaf->k.starts_with("witness."))) return true;
  }
  return false;
}

void Publisher::add_record(std::string_view type, std::string_view outcome, std::int64_t size) {
  core::Record& record = records_.emplace_back();
  record.type = type;
  record.outcome = outcome;
  record.count = size;
}

Result<int> ask_before_start(ledger::View& view, const Settings& settings) {
  int silent = 0;
  if (settings.witnesses.empty()) return silent;
  const auto head = view.head();
  const auto size = head ? static_cast<std::uint64_t>(head->size) : 0;
  Caller caller(settings, kPatienceAtStart);
  for (const auto& place : settings.witnesses) {
    const auto note = Witness(place, caller).newest(view.shared().origin);
    if (!note) {
      ++silent;
      log::warning("witness.unasked", "the start could not ask a witness: " + text(note.error()));
    } else if (*note) {
      if (auto same = ledger::compare(view, size, **note, "witness " + place.vkey.name); !same)
        return tl::unexpected(same.error());
    }
  }
  return silent;
}

}  // namespace postern::publish
