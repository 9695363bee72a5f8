// SPDX-License-Identifier: Apache-2.0
// What must not go, and what has been kept long enough.
#include <fmt/format.h>

#include "command.hpp"
#include "failure.hpp"
#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kRunPatience = 30 * kMinute;  // a whole ledger is looked through

}  // namespace

int hold_place(Session& session, const HoldPlace& options) {
  json::object params;
  if (options.all) params["scope"] = "all";
  if (!options.contact.empty()) params["contact"] = options.contact;
  if (!options.conversation.empty()) params["conversation"] = options.conversation;
  if (!options.account.empty()) params["account"] = options.account;
  if (params.empty() || (options.all && params.size() > 1) || (params.contains("conversation") && params.size() > 1))
    throw Failure(kUsage, "a hold is on a contact, a conversation, an account, or all",
                  "name one: CONTACT (with --account or alone), --conversation, --account or --all");
  if (!options.reason.empty()) params["reason"] = options.reason;
  const auto answer = command(session, "hold.place", std::move(params), options.id);
  if (!session.print_json(answer))
    line(fmt::format("hold {} on {}", printable(text(answer, "hold")), printable(text(answer, "scope"))));
  return 0;
}

int hold_release(Session& session, const std::string& hold, const std::string& id) {
  const auto answer = command(session, "hold.release", {{"hold", hold}}, id);
  const bool waits = text(answer, "state") == "waits";
  if (session.print_json(answer)) return waits ? kUnavailable : 0;
  if (waits) {
    line(session.screen().paint(Tone::warning, "it takes a second person"));
    line(fmt::format("another user has to say `posternctl approve {}` until {}", number(answer, "approval"),
                     both(text(answer, "until"), session.now())));
    return kUnavailable;
  }
  line(fmt::format("released; what was put off for {} is carried out now", printable(text(answer, "scope"))));
  return 0;
}

int approve(Session& session, std::int64_t number, bool refuses, const std::string& id) {
  const auto answer = refuses ? command(session, "approval.refuse", {{"approval", number}}, id)
                              : command(session, "approval.give", {{"approval", number}}, id);
  if (!session.print_json(answer))
    line(refuses ? "refused; the request is over" : "agreed; it is carried out, unless something else forbids it");
  return 0;
}

int approvals(Session& session) {
  const auto answer = session.ask("approval.list");
  if (session.print_json(answer)) return 0;
  Table table({"NUMBER", "WHAT", "OF", "ASKED BY", "UNTIL"});
  for (const auto& each : list(answer, "approvals"))
    table.add({number(each, "approval"), text(each, "method"),
               text(each, find(each, "hold") != nullptr ? "hold" : "contact"), actor_name(text(each, "asker")),
               both(text(each, "until"), session.now())});
  if (table.empty())
    line("nothing waits for a second person");
  else
    table.print(session.screen());
  return 0;
}

int hold_list(Session& session) {
  const auto answer = session.ask("hold.list");
  if (session.print_json(answer)) return 0;
  Table holds({"HOLD", "ON", "RECORD"});
  for (const auto& hold : list(answer, "holds"))
    holds.add(
        {std::string(text(hold, "hold")), std::string(text(hold, "scope")), std::to_string(number(hold, "record"))});
  holds.print(session.screen());
  for (const auto& each : list(answer, "deferred"))
    line(fmt::format("put off: request {} to erase {} of {}: {}", number(each, "request"),
                     printable(text(each, "contact")), printable(text(each, "account")),
                     printable(text(each, "basis"))));
  return 0;
}

int retention_run(Session& session, bool dry) {
  json::object params;
  if (dry) params["as"] = "dry";
  const auto answer = session.ask("retention.run", params, kRunPatience);
  if (session.print_json(answer)) return 0;
  line(fmt::format("{} bodies {} past their time{}", number(answer, "bodies"), dry ? "are" : "were",
                   dry ? "" : " and are shredded"));
  if (number(answer, "held") > 0) line(fmt::format("{} more are on hold", number(answer, "held")));
  if (find(answer, "record")) line(fmt::format("the last record of it is {}", number(answer, "record")));
  return 0;
}

}  // namespace postern::ctl
