// SPDX-License-Identifier: Apache-2.0
// What waits for a person: quarantine, outbox; and what policy would say.
#include <fmt/format.h>

#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {

int whoami(Session& session) {
  const auto answer = session.ask("whoami");
  if (session.print_json(answer)) return 0;
  std::string roles;
  for (const auto& role : list(answer, "roles"))
    roles.append(roles.empty() ? "" : ", ").append(std::string_view(role.as_string()));
  line(fmt::format("{} · {}", text(answer, "user"), roles));
  return 0;
}

int gaps(Session& session) {
  const auto answer = session.ask("gaps");
  if (session.print_json(answer)) return 0;
  const auto asked = session.ask("account.list");
  Table accounts({"ACCOUNT", "LOOKED", "FOUND", "STATE"});
  for (const auto& account : items(asked)) {
    if (!find(account, "missed")) continue;
    const auto error = text(account, "listing_error"), looked = text(account, "listed_at");
    accounts.add({text(account, "account"), looked.empty() ? std::string("not yet") : both(looked, session.now()),
                  number(account, "missed"),
                  error.empty() ? Cell("ok", Tone::good) : Cell(std::string(error), Tone::bad)});
  }
  if (accounts.empty())
    line("no account's platform can be asked, or gaps.every is 0s");
  else
    accounts.print(session.screen());
  line();
  Table table({"FOUND", "LATE", "ACCOUNT", "CONVERSATION", "RECORD"});
  for (const auto& gap : list(answer, "gaps"))
    table.add({both(text(gap, "at"), session.now()), fmt::format("{} s", number(gap, "late")), text(gap, "account"),
               text(gap, "conversation"), number(gap, "record")});
  if (table.empty())
    line("no message was found whose webhook never came");
  else
    table.print(session.screen());
  return 0;
}

int policy_counters(Session& session) {
  const auto answer = session.ask("policy.counters");
  if (session.print_json(answer)) return 0;
  Table table({"RULE", "KEY", "COUNTED"});
  for (const auto& each : list(answer, "counted"))
    table.add({text(each, "rule"), number(each, "key"), number(each, "count")});
  if (table.empty())
    line("nothing is counted by a rate or a cap now");
  else
    table.print(session.screen());
  return 0;
}

int quarantine_list(Session& session) {
  const auto answer = session.ask("quarantine.list");
  if (session.print_json(answer)) return 0;
  if (items(answer).empty()) {
    line("quarantine is empty");
    return 0;
  }
  Table table({"RECORD", "ACCOUNT", "KIND", "RECEIVED", "CONVERSATION", "REASON"});
  for (const auto& item : items(answer))
    table.add({number(item, "index"), text(item, "account"), text(item, "kind"),
               both(text(item, "received_at"), session.now()), text(item, "conversation"), text(item, "reason")});
  table.print(session.screen());
  return 0;
}

int outbox_list(Session& session) {
  const auto answer = session.ask("outbox.list");
  if (session.print_json(answer)) return 0;
  if (items(answer).empty()) {
    line("no part waits for a person or for word from its platform");
    return 0;
  }
  Table table({"PART", "STATE", "ACCOUNT", "ATTEMPTS", "SINCE", "UNTIL", "CONVERSATION"});
  for (const auto& item : items(answer)) {
    const auto state = text(item, "state");
    table.add({number(item, "part"), Cell(std::string(state), state == "parked" ? Tone::bad : Tone::warning),
               text(item, "account"), number(item, "attempts"), both(text(item, "since"), session.now()),
               find(item, "until") ? both(text(item, "until"), session.now()) : std::string(),
               text(item, "conversation")});
  }
  table.print(session.screen());
  return 0;
}

int policy_explain(Session& session, const Explain& options) {
  json::object params{{"conversation", options.conversation}, {"as", options.as}, {"public", options.in_public}};
  if (!options.text.empty()) params["text"] = options.text;
  const auto answer = session.ask("policy.explain", params);
  if (session.print_json(answer)) return 0;
  const Screen& screen = session.screen();
  const auto row = [&](std::string_view name, std::string value) {
    if (!value.empty()) line(screen.paint(Tone::faint, fmt::format("{:<15}", name)) + printable(value));
  };
  const auto outcome = text(answer, "outcome");
  const Tone tone = outcome == "allow" || outcome == "transform" ? Tone::good
                    : outcome == "hold"                          ? Tone::warning
                                                                 : Tone::bad;
  line(fmt::format("A {} message by a {} from {} now: {}", printable(text(answer, "visibility")),
                   printable(text(answer, "author")), printable(text(answer, "account")),
                   screen.paint(tone, printable(outcome))));
  row("rule", std::string(text(answer, "rule")));
  row("why", std::string(text(answer, "reason")));
  row("sent with tag", std::string(text(answer, "tag")));
  for (const auto& part : list(answer, "texts"))
    if (part.is_string()) row("goes out as", std::string(part.get_string()));
  if (find(answer, "until")) row("changes", both(text(answer, "until"), session.now()));
  for (const auto& rule : list(answer, "rules")) {
    const auto says = text(rule, "outcome");
    if (says == "allow" && text(rule, "reason").empty() && text(rule, "rule") == text(answer, "rule")) continue;
    row(text(rule, "rule"), fmt::format("{}: {}", says == "allow" ? "warns" : says, text(rule, "reason")));
    row("  until", find(rule, "until") ? both(text(rule, "until"), session.now()) : "");
    row("  source", std::string(text(rule, "source")));
  }
  row("next change", find(answer, "changes_at") ? both(text(answer, "changes_at"), session.now()) : "");
  row("last user act", both(text(answer, "last_user_action"), session.now()));
  row("policy", fmt::format("{} ({})", text(answer, "policy"), text(answer, "policy_hash").substr(0, 16)));
  return 0;
}

}  // namespace postern::ctl
