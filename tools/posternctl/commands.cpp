// SPDX-License-Identifier: Apache-2.0
// What changes something. Each command has an id, so that one whose answer got lost can be asked again safely.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/crypto.hpp"
#include "command.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr std::size_t kLongestText = 1 << 20;
constexpr Micros kReloadPatience = 30 * kSecond, kConnectPatience = kMinute;

}  // namespace

json::value command(Session& session, std::string_view method, json::object params, const std::string& id,
                    Micros patience) {
  const std::string own = id.empty() ? crypto::random_id().hex() : id;
  params["id"] = own;
  try {
    return session.ask(method, params, patience);
  } catch (const Failure& failure) {
    if (failure.code() != kTryAgain) throw;
    throw Failure(
        failure.code(), failure.error().what,
        fmt::format("it may have been done nevertheless: repeat it with --id {}, so that it is not done twice", own));
  }
}

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  if (text == "-") text = read_input("-", kLongestText);
  while (text.ends_with('\n')) text.pop_back();
  if (text.empty())
    throw Failure(kUsage, "a reply needs a text", "posternctl reply CONVERSATION TEXT…, or - to read it");
  return text;
}

}  // namespace

int reply(Session& session, const Reply& options) {
  json::object params{{"conversation", options.conversation}, {"public", options.in_public}};
  if (options.form.empty())
    params["text"] = joined(options.words);
  else
    params["template"] = json::object{
        {"name", options.form}, {"language", options.language}, {"parameters", json::value_from(options.words)}};
  json::error_code code;
  json::parse(json::serialize(params), code);
  if (code) throw Failure(kBadData, "the text is not UTF-8", "convert it first, for example with iconv");
  const auto answer = command(session, "reply", std::move(params), options.id);
  if (session.print_json(answer)) return 0;
  const auto verdict = text(answer, "verdict");
  const bool held = verdict == "hold";
  line(fmt::format("{} {} as {} part(s); message {}",
                   session.screen().paint(held ? Tone::warning : Tone::good, held ? "held" : "queued"),
                   held && find(answer, "until") ? "until " + both(text(answer, "until"), session.now()) : "to be sent",
                   number(answer, "parts"), printable(text(answer, "message"))));
  line(session.screen().paint(Tone::faint,
                              fmt::format("{} by {}", printable(verdict), printable(text(answer, "rule")))));
  return 0;
}

int close_conversation(Session& session, const std::string& conversation, const std::string& id) {
  const auto answer = command(session, "conversation.close", {{"conversation", conversation}}, id);
  if (!session.print_json(answer))
    line(fmt::format("closed; {} waiting message(s) declined", number(answer, "declined")));
  return 0;
}

int contact_link(Session& session, const std::string& conversation, const std::string& other, const std::string& id) {
  const auto answer = command(session, "contact.link", {{"conversation", conversation}, {"with", other}}, id);
  if (!session.print_json(answer))
    line(flag(answer, "linked") ? "their contacts count as one person" : "their contacts were one person already");
  return 0;
}

int quarantine_requeue(Session& session, std::int64_t record, const std::string& id) {
  const auto answer = command(session, "quarantine.requeue", {{"index", record}}, id);
  if (!session.print_json(answer)) line(fmt::format("record {} goes to its handlers again", record));
  return 0;
}

int quarantine_discard(Session& session, std::int64_t record, const std::string& reason, const std::string& id) {
  const auto answer = command(session, "quarantine.discard", {{"index", record}, {"reason", reason}}, id);
  if (!session.print_json(answer)) line(fmt::format("record {} is discarded; nobody is asked about it again", record));
  return 0;
}

int outbox_resolve(Session& session, std::int64_t part, const std::string& as, const std::string& id) {
  const auto answer = command(session, "outbox.resolve", {{"part", part}, {"as", as}}, id);
  if (session.print_json(answer)) return 0;
  line(fmt::format("part {} {}", part,
                   as == "sent"     ? "counts as sent"
                   : as == "resend" ? "is sent again"
                                    : "is given up; its turn waits again"));
  return 0;
}

int account_connect(Session& session, const std::string& account) {
  const auto answer = session.ask("account.connect", {{"account", account}}, kConnectPatience);
  const bool well = flag(answer, "well");
  if (session.print_json(answer)) return well ? 0 : kUnavailable;
  const Screen& screen = session.screen();
  const auto row = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) line(screen.paint(Tone::faint, fmt::format("{:<15}", name)) + value);
  };
  row("account",
      printable(text(answer, "name").empty() ? account : text(answer, "name")) + " " + printable(text(answer, "id")));
  for (const auto& step : list(answer, "steps")) {
    const auto outcome = text(step, "outcome");
    const Tone tone = outcome == "done" ? Tone::good : outcome == "by hand" ? Tone::warning : Tone::bad;
    row(text(step, "step"), screen.paint(tone, printable(outcome)) +
                                (text(step, "text").empty() ? "" : ": " + printable(text(step, "text"))));
  }
  std::string scopes;
  for (const auto& scope : list(answer, "scopes"))
    if (const auto* name = scope.if_string())
      scopes += (scopes.empty() ? "" : ", ") + printable({name->data(), name->size()});
  row("scopes", scopes);
  if (find(answer, "token_ends")) row("token ends", both(text(answer, "token_ends"), session.now()));
  for (const auto& item : list(answer, "missing"))
    if (const auto* sentence = item.if_string())
      row("missing", screen.paint(Tone::bad, printable({sentence->data(), sentence->size()})));
  if (well) line(screen.paint(Tone::good, "nothing is missing"));
  return well ? 0 : kUnavailable;
}

int outbox_approve(Session& session, std::int64_t part, const std::string& id) {
  const auto answer = command(session, "outbox.approve", {{"part", part}}, id);
  if (!session.print_json(answer)) line(fmt::format("part {} is approved and leaves when its turn comes", part));
  return 0;
}

int outbox_withdraw(Session& session, std::int64_t part, const std::string& id) {
  const auto answer = command(session, "outbox.withdraw", {{"part", part}}, id);
  if (!session.print_json(answer)) line(fmt::format("part {} is taken back, with the rest of its message", part));
  return 0;
}

int account_resume(Session& session, const std::string& account, const std::string& id) {
  const auto answer = command(session, "account.resume", {{"account", account}}, id);
  if (!session.print_json(answer))
    line(flag(answer, "resumed") ? fmt::format("{} sends again", account) : fmt::format("{} was not paused", account));
  return 0;
}

int plugin_trust(Session& session, const std::string& section) {
  const auto answer = session.ask("plugin.trust", {{"section", section}});
  if (session.print_json(answer)) return 0;
  line(flag(answer, "trusted") ? fmt::format("{} is a thread again from the next reload or start on", section)
                               : fmt::format("{} was not distrusted", section));
  return 0;
}

int reload(Session& session, bool wait) {
  const auto answer = session.ask("reload", {}, kReloadPatience);
  // The new configuration holds; plugins that it changes are still starting.
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(kReloadPatience);
  for (bool ready = !wait; !ready;) {
    const auto plugins = session.ask("plugin.list");
    ready = std::ranges::all_of(items(plugins), [](const auto& plugin) { return text(plugin, "state") == "ready"; });
    if (!ready && std::chrono::steady_clock::now() > until)
      throw Failure(kTryAgain, "the new configuration holds, but not every plugin is ready",
                    "posternctl plugin list says which one, and why");
    if (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (!session.print_json(answer))
    line(wait ? "the new configuration holds, and every plugin is ready" : "the new configuration holds");
  return 0;
}

}  // namespace postern::ctl
