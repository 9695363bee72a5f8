// SPDX-License-Identifier: Apache-2.0
// Retention: once a day, and when a tool asks, the log is looked through for content that is older than it may become.
// It goes lot by lot, with the records that say so; what a hold covers stays.
#include <algorithm>

#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr Micros kEvery = kDay;
constexpr std::size_t kMostRuns = 4;

}  // namespace

void Core::Machine::plan_retention(Step& step, Micros after) {
  const bool any = std::any_of(settings_->retention.begin(), settings_->retention.end(),
                               [](const RetentionRule& rule) { return rule.most > 0; });
  if (!any) return;
  const Micros due = step.now.wall + after;
  if (retention_due_ > step.now.wall && retention_due_ <= due) return;
  retention_due_ = due;
  agenda_.add(due, Agenda::What::retention, due);
}

void Core::Machine::retention_due(Step& step) {
  if (retention_due_ == 0 || retention_due_ > step.now.wall) return;
  retention_due_ = 0;
  plan_retention(step, kEvery);
  if (purges_.size() < kMostRuns) begin_purge(step, false, {});
}

void Core::Machine::retention_command(Step& step, Command&& input) {
  if (purges_.size() >= kMostRuns) {
    std::string out;
    JsonObject(out).add("code", -32005).add("message", "retention runs already; try again when it is done").end();
    return answer(step, input, {false, std::move(out)});
  }
  const bool dry = input.text == "dry";
  std::vector<Command> waiting;
  waiting.push_back(std::move(input));
  begin_purge(step, dry, std::move(waiting));
}

void Core::Machine::begin_purge(Step& step, bool dry, std::vector<Command>&& waiting) {
  const std::uint64_t run = next_number_++;
  Purge& purge = purges_[run];
  purge.dry = dry;
  purge.waiting = std::move(waiting);
  step.out.commit.emplace_back(FindOld{run, 0, step.now.wall, settings_});
}

void Core::Machine::old_found(Step& step, OldFound&& input) {
  const auto at = purges_.find(input.run);
  if (at == purges_.end()) return;
  purge(step, at->second, input);
  if (input.next != kNone) {
    step.out.commit.emplace_back(FindOld{input.run, input.next, step.now.wall, settings_});
    return;
  }
  Purge ended = std::move(at->second);
  purges_.erase(at);
  end_purge(step, std::move(ended));
}

// Of each class, account and platform one record says how many bodies of a range have gone.
void Core::Machine::purge(Step& step, Purge& run, OldFound& input) {
  using Group = std::tuple<std::string_view, std::string_view, std::string_view>;
  std::map<Group, std::vector<std::int64_t>> groups;
  std::vector<MonthGone> kept;
  for (const auto& body : input.bodies) {
    const auto turn = turns_.find(body.index);
    const bool in_use = turn != turns_.end() && turn->second->stage == Turn::Stage::open;
    if (in_use || hold_on({body.account, body.contact, body.conversation})) {
      run.held += in_use ? 0 : 1;
      kept.push_back({body.contact, month_of(body.wall)});
    } else {
      if (!run.dry) give_up(step, {}, body);
      groups[{body.retention, body.platform, body.account}].push_back(body.index);
    }
  }
  std::vector<std::int64_t> gone;
  for (const auto& [group, bodies] : groups) {
    run.bodies += static_cast<std::int64_t>(bodies.size());
    if (run.dry) continue;
    Record& made = record(step, "retention.purged");
    std::tie(made.retention, made.platform, made.account) = group;
    made.decision = "retention";
    made.count = static_cast<std::int64_t>(bodies.size());
    made.range = std::pair(bodies.front(), bodies.back() + 1);
    run.last = made.index;
    for (const std::int64_t body : bodies) step.out.rows.emplace_back(BodyGone{body});
    gone.insert(gone.end(), bodies.begin(), bodies.end());
    figures_.bodies_shredded += bodies.size();
  }
  if (run.dry) return;
  std::sort(gone.begin(), gone.end());
  DropFiles drop;
  for (auto& row : input.media) {
    if (!std::binary_search(gone.begin(), gone.end(), row.key / kMostFiles)) continue;
    if (!row.file.empty()) drop.files.push_back(std::move(row.file));
    media_.erase(row.key);
    row.erase = true;
    step.out.rows.emplace_back(std::move(row));
  }
  if (!drop.files.empty()) step.out.commit.emplace_back(std::move(drop));
  for (auto& month : input.months) {
    const bool stays = std::any_of(kept.begin(), kept.end(), [&](const MonthGone& each) {
      return each.contact == month.contact && each.month == month.month;
    });
    if (!stays) step.out.rows.emplace_back(std::move(month));
  }
}

void Core::Machine::end_purge(Step& step, Purge&& run) {
  std::string out;
  JsonObject object(out);
  object.add("bodies", run.bodies).add("held", run.held).add("dry_run", run.dry);
  if (run.last != kNone) object.add("record", run.last);
  object.end();
  for (const auto& waiting : run.waiting) answer(step, waiting, {true, out});
}

}  // namespace postern::core
