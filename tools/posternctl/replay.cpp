// SPDX-License-Identifier: Apache-2.0
// What another pack would have said to what was decided.
#include <fmt/format.h>

#include "config/units.hpp"
#include "control/pack_json.hpp"
#include "failure.hpp"
#include "packs.hpp"
#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kReadsAll = 30 * kMinute;  // a whole ledger may be read

Micros begin_of(const std::string& since, Micros now) {
  if (const auto length = config::parse_duration(since)) return now - *length;
  if (const auto time = parse_time(since)) return *time;
  throw Failure(kUsage, "--since: expected a length like 30d or a time like 2026-11-01T00:00:00Z, found " + since);
}

std::string decision_text(const json::value& item, std::string_view name) {
  const auto* decision = find(item, name);
  return decision == nullptr ? std::string()
                             : fmt::format("{}/{}", text(*decision, "outcome"), text(*decision, "rule"));
}
std::string would_be(const json::value& item) {
  return decision_text(item, "would_be") + (flag(item, "form") ? ", in another form" : "");
}

void print_kinds(const json::value& answer, const Screen& screen) {
  Table table({"TIMES", "WAS", "WOULD BE"});
  for (const auto& kind : list(answer, "kinds"))
    table.add({number(kind, "count"), decision_text(kind, "was"), would_be(kind)});
  if (table.empty()) return;
  line("");
  table.print(screen);
}

void print_differences(const json::value& answer, const Screen& screen) {
  Table table({"RECORD", "AT", "CONVERSATION", "BY", "WAS", "WOULD BE", "WHY"});
  for (const auto& each : list(answer, "differences"))
    table.add({number(each, "record"), absolute(parse_time(text(each, "at")).value_or(0)), text(each, "conversation"),
               text(each, "author"), decision_text(each, "was"), would_be(each), text(each, "reason")});
  if (table.empty()) return;
  line("");
  table.print(screen);
}

}  // namespace

int policy_replay(Session& session, const PolicyReplay& options) {
  const auto pack = read_pack(session, options.pack, options.profile);
  json::object params{{"pack", json::parse(control::pack_json(pack->data()))},
                      {"since", rfc3339(begin_of(options.since, session.now()))},
                      {"limit", options.limit}};
  if (!options.account.empty()) params["account"] = options.account;
  const auto answer = session.ask("policy.replay", params, kReadsAll);
  if (session.print_json(answer)) return 0;
  line(printable(fmt::format("{} decisions were judged again by {} {} ({}): {} would differ",
                             number(answer, "decisions"), text(answer, "platform"), text(answer, "version"),
                             text(answer, "policy_hash"), number(answer, "differ"))));
  if (const auto gone = number(answer, "unreadable"); gone > 0)
    line(fmt::format("{} could not be judged: what was said then has been erased", gone));
  if (const auto moot = number(answer, "moot"); moot > 0)
    line(fmt::format("{} were on further attempts of what would have been refused at once", moot));
  print_kinds(answer, session.screen());
  print_differences(answer, session.screen());
  if (const auto more = number(answer, "left_out"); more > 0)
    line(fmt::format("and {} more; --limit shows up to 10,000 of them", more));
  return 0;
}

}  // namespace postern::ctl
