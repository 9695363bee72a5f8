// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

Tone tone_of(std::string_view state) {
  return state == "ok" || state == "ready" ? Tone::good : Tone::bad;
}

/// "3 queued, 1 parked"; the names of what is not zero.
std::string counted(const json::value& object, std::string_view nothing) {
  std::string out;
  if (const auto* members = object.if_object())
    for (const auto& member : *members)
      if (const auto* count = member.value().if_int64(); count && *count != 0) {
        std::string name(member.key().data(), member.key().size());
        for (char& c : name)
          if (c == '_') c = ' ';
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", *count, name);
      }
  return out.empty() ? std::string(nothing) : out;
}

/// Its pack, and whether that is past the day on which somebody should have looked at its sources again.
Cell policy_cell(const Session& session, const json::value& account) {
  const std::string version(text(account, "policy")), review(text(account, "policy_review_by"));
  if (review.empty() || review > rfc3339(session.now()).substr(0, 10)) return Cell(version);
  return Cell(fmt::format("{}, to be reviewed since {}", version, review), Tone::warning);
}

/// When it ends, or why it is not refreshed.
Cell token_cell(const Session& session, const json::value& account) {
  const auto trouble = text(account, "token_trouble"), ends = text(account, "token_ends");
  const std::string when = ends.empty() ? "" : both(ends, session.now());
  if (trouble.empty()) return Cell(when);
  return Cell(fmt::format("{}{}{}", when, when.empty() ? "" : ": ", trouble), Tone::bad);
}

void print_accounts(const Session& session, const json::array& accounts) {
  Table table({"ACCOUNT", "PLATFORM", "SENT", "FAILED", "POLICY", "TOKEN ENDS", "STATE"});
  for (const auto& account : accounts) {
    const auto paused = text(account, "paused");
    table.add({text(account, "account"), text(account, "platform"), number(account, "sent"), number(account, "failed"),
               policy_cell(session, account), token_cell(session, account),
               paused.empty() ? Cell("ok", Tone::good)
                              : Cell(fmt::format("paused ({}): {}", text(account, "pause_class"), paused), Tone::bad)});
  }
  if (!table.empty()) table.print(session.screen());
}

void print_plugins(const Session& session, const json::array& plugins) {
  Table table({"SECTION", "PLUGIN", "RUNS AS", "CALLS", "FAULTS", "RESTARTS", "STATE"});
  for (const auto& plugin : plugins) {
    const auto state = text(plugin, "state"), error = text(plugin, "last_error");
    const bool faulty = state != "ready" && !error.empty();
    table.add({text(plugin, "section"), fmt::format("{} {}", text(plugin, "plugin"), text(plugin, "version")),
               text(plugin, "isolation"), number(plugin, "calls"), number(plugin, "faults"), number(plugin, "restarts"),
               Cell(fmt::format("{}{}{}", state, faulty ? ": " : "", faulty ? error : ""), tone_of(state))});
  }
  if (!table.empty()) table.print(session.screen());
}

}  // namespace

int status(Session& session) {
  const auto answer = session.ask("status");
  if (session.print_json(answer)) return 0;
  const Screen& screen = session.screen();
  const auto row = [&](std::string_view name, std::string value) {
    line(screen.paint(Tone::faint, fmt::format("{:<15}", name)) + value);
  };
  static const json::value kNothing;
  const auto part = [&](std::string_view name) -> const json::value& {
    const auto* found = find(answer, name);
    return found ? *found : kNothing;
  };
  const auto state = text(answer, "state");
  row("posternd", fmt::format("{} {}", printable(text(answer, "version")), screen.paint(tone_of(state), state)));
  const auto ledger = text(part("ledger"), "state");
  row("ledger",
      fmt::format("{}  {}", screen.paint(tone_of(ledger), ledger), printable(text(part("ledger"), "origin"))));
  for (const auto& sink : list(part("ledger"), "published"))
    if (const auto trouble = text(sink, "trouble"); !trouble.empty())
      row("", screen.paint(Tone::bad, fmt::format("not published to {}: {}", printable(text(sink, "name")),
                                                  printable(trouble))));
  row("conversations", counted(part("conversations"), "none"));
  row("outbox", counted(part("outbox"), "empty"));
  row("since start", counted(part("since_start"), "nothing"));
  line();
  print_accounts(session, list(answer, "accounts"));
  line();
  print_plugins(session, list(answer, "plugins"));
  return 0;
}

int account_list(Session& session) {
  const auto answer = session.ask("account.list");
  if (!session.print_json(answer)) print_accounts(session, items(answer));
  return 0;
}

int plugin_list(Session& session) {
  const auto answer = session.ask("plugin.list");
  if (!session.print_json(answer)) print_plugins(session, items(answer));
  return 0;
}

}  // namespace postern::ctl
