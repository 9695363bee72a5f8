// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr std::size_t kLongestName = 28;

std::string who(const json::value& conversation) {
  const auto name = text(conversation, "name"), handle = text(conversation, "handle");
  std::string out(name);
  if (!handle.empty()) out += fmt::format("{}@{}", out.empty() ? "" : " ", handle);
  if (flag(conversation, "erased")) out = "(erased)";
  return cut(printable(out), kLongestName);
}

std::string ago(std::string_view rfc3339, Micros now) {
  const auto time = parse_time(rfc3339);
  return time ? relative(*time, now) : std::string();
}

Cell state(const json::value& conversation) {
  if (const auto waiting = number(conversation, "waiting")) return {fmt::format("{} waiting", waiting), Tone::warning};
  if (flag(conversation, "closed")) return {"closed", Tone::faint};
  return {flag(conversation, "answered") ? "answered" : "", Tone::good};
}

}  // namespace

int conversations(Session& session, const Conversations& options) {
  json::object params{{"limit", options.limit}};
  if (options.before) params["before"] = *options.before;
  if (!options.account.empty()) params["account"] = options.account;
  if (options.waiting) params["waiting"] = true;
  const auto answer = session.ask("conversations", params);
  if (session.print_json(answer)) return 0;
  Table table({"CONVERSATION", "ACCOUNT", "WITH", "", "LAST IN", "LAST BOT", "LAST HUMAN", "STATE"});
  for (const auto& item : list(answer, "conversations"))
    table.add({text(item, "conversation"), text(item, "account"), who(item),
               Cell(text(item, "visibility") == "public" ? "public" : "", Tone::faint),
               both(text(item, "last_in"), session.now()), ago(text(item, "last_bot"), session.now()),
               ago(text(item, "last_human"), session.now()), state(item)});
  if (table.empty() && !find(answer, "next")) {
    line(options.waiting ? "nobody waits for an answer" : "there is no conversation");
    return 0;
  }
  if (!table.empty()) table.print(session.screen());
  if (find(answer, "next"))
    line(session.screen().paint(Tone::faint, fmt::format("older ones: --before {}", number(answer, "next"))));
  return 0;
}

}  // namespace postern::ctl
