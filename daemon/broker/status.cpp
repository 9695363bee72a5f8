// SPDX-License-Identifier: Apache-2.0
// What tools and metrics see of the daemon: docs/protocol.md "status" and "plugin.list", and the counters.
#include <algorithm>
#include <utility>

#include "broker/broker.hpp"
#include "core/json_text.hpp"

namespace postern::broker {

std::string Broker::status() {
  const core::Figures figures = core_.figures();
  std::string out;
  core::JsonObject object(out);
  bool degraded = !links_.ledger_well();
  for (const auto& host : hosts_.status()) degraded |= host.state != "ready";
  object.add("version", POSTERN_VERSION)
      .add("state", degraded ? "degraded" : "ok")
      .add("at", rfc3339(clock_.now().wall));
  object.raw("ledger", links_.ledger_status()).raw("accounts", core_.accounts_json()).raw("plugins", plugins());
  const auto add = [&](std::string_view group, std::initializer_list<std::pair<std::string_view, std::size_t>> counts) {
    std::string inner;
    core::JsonObject all(inner);
    for (const auto& [name, count] : counts) all.add(name, static_cast<std::int64_t>(count));
    all.end();
    object.raw(group, inner);
  };
  add("conversations", {{"in_memory", figures.conversations},
                        {"handling", figures.lanes_busy},
                        {"events_waiting", figures.events_waiting},
                        {"turns_waiting", figures.turns_waiting},
                        {"quarantined", figures.quarantined}});
  add("outbox", {{"queued", figures.parts_queued},
                 {"held", figures.parts_held},
                 {"sending", figures.parts_sending},
                 {"unknown", figures.parts_unknown},
                 {"parked", figures.parts_parked}});
  add("media", {{"waiting", figures.files_waiting},
                {"fetched", figures.files_fetched},
                {"failed", figures.files_failed},
                {"passed", figures.files_passed},
                {"shredded", figures.bodies_shredded}});
  add("since_start", {{"received", figures.received},
                      {"duplicates", figures.duplicates},
                      {"dropped", figures.dropped},
                      {"answered", figures.answered},
                      {"sent", figures.sent},
                      {"refused", figures.refused},
                      {"escalated", figures.escalated}});
  object.end();
  return out;
}

std::string Broker::counters_of_policy() {
  constexpr std::size_t kMost = 1'000;  // rows, and times of each
  const auto counted = core_.rates().counted(now_.wall);
  std::string rows;
  std::size_t left = kMost;
  for (const auto& [row, sent] : counted) {
    if (left-- == 0) break;
    std::string times;
    for (std::size_t i = sent.size() - std::min(sent.size(), kMost); i < sent.size(); ++i)
      times.append(times.empty() ? "" : ",").append(std::to_string(sent[i]));
    core::JsonObject object(rows.append(rows.empty() ? "" : ","));
    object.add("rule", row.first).add("key", row.second).add("count", static_cast<std::int64_t>(sent.size()));
    object.raw("sent", "[" + times + "]").end();
  }
  std::string out;
  core::JsonObject object(out);
  object.add("at", now_.wall).add("records", core_.figures().records);
  object.add("rows", static_cast<std::int64_t>(counted.size())).raw("counted", "[" + rows + "]").end();
  return out;
}

std::string Broker::plugins() {
  std::string out = "[";
  for (const auto& host : hosts_.status()) {
    if (out.size() > 1) out += ',';
    core::JsonObject object(out);
    const auto number = [](std::uint64_t value) { return static_cast<std::int64_t>(value); };
    object.add("section", host.section).add_if("plugin", host.plugin).add_if("version", host.version);
    object.add("isolation", host.isolation)
        .add("state", host.state)
        .add("epoch", number(host.epoch))
        .add("pid", host.pid);
    object.add("restarts", number(host.restarts)).add("calls", number(host.calls)).add("faults", number(host.faults));
    object.add("open", host.open).add("waiting", host.waiting).add_if("last_error", host.last_error).end();
  }
  return out + "]";
}

std::vector<core::AccountMark> Broker::account_marks() const {
  std::lock_guard lock(marks_mutex_);
  return marks_;
}

void Broker::count() {
  const core::Tally tally = core_.tally();
  const auto set = [](std::atomic<std::uint64_t>& to, std::uint64_t value) {
    to.store(value, std::memory_order_relaxed);
  };
  set(counters_.received, tally.received);
  set(counters_.duplicates, tally.duplicates);
  set(counters_.sent, tally.sent);
  set(counters_.refused, tally.refused);
  set(counters_.answered, tally.answered);
  set(counters_.escalated, tally.escalated);
  set(counters_.waiting_turns, tally.turns_waiting);
  set(counters_.quarantined, tally.quarantined);
  set(counters_.conversations, tally.conversations);
  if (std::exchange(account_changes_, tally.account_changes + 1) == tally.account_changes + 1) return;
  std::lock_guard lock(marks_mutex_);
  marks_ = core_.account_marks();
}

}  // namespace postern::broker
