// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "control/verdict_json.hpp"
#include "failure.hpp"
#include "ledger/format/directory.hpp"
#include "ledger/format/manifest.hpp"
#include "places.hpp"
#include "time.hpp"
#include "verbs.hpp"
#include "verdict.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kReadsAll = 30 * kMinute;  // a whole ledger is read
constexpr std::int64_t kPage = 200;
constexpr auto kFollow = std::chrono::milliseconds(500);

ledger::Verdict verify_folder(const Verify& options) {
  std::vector<std::string> external;
  for (const auto& file : options.external) external.push_back(read_input(file, kLongestNote));
  std::vector<std::string> witnesses;
  for (const auto& witness : options.witnesses) witnesses.push_back(key_text(witness));
  const std::string vkey = key_text(options.vkey);
  const auto pins =
      ledger::make_pins(vkey.empty() ? std::nullopt : std::optional<std::string_view>(vkey), external, witnesses);
  if (!pins) throw Failure(kUsage, pins.error());
  auto reader = ledger::open_directory(options.folder);
  if (!reader) throw Failure(kUsage, reader.error());
  auto verdict = ledger::verify(**reader, *pins);
  ledger::check_manifest(options.folder, verdict);
  for (auto& finding : verdict.findings) {  // they may name files, and a file's name may be anything
    finding.where = printable(finding.where);
    finding.what = printable(finding.what);
  }
  return verdict;
}

void print_leaf(const Session& session, const json::value& leaf) {
  if (session.json()) return line(json::serialize(leaf));
  const Screen& screen = session.screen();
  const auto outcome = text(leaf, "o");
  const Tone tone = outcome == "ok"                               ? Tone::plain
                    : outcome == "failed" || outcome == "refused" ? Tone::bad
                                                                  : Tone::warning;
  line(fmt::format("{:>8}  {}  {:<20} {} {:<16} {}", number(leaf, "i"),
                   screen.paint(Tone::faint, absolute(number(leaf, "t"))), printable(text(leaf, "k")),
                   screen.paint(tone, fmt::format("{:<8}", printable(outcome))),
                   cut(printable(actor_name(text(leaf, "a"))), 16),
                   printable(fmt::format("{} {}", text(leaf, "w"), text(leaf, "d")))));
}

/// The daemon writes, in its own folder of work: so it gets an absolute path.
int write_out(Session& session, std::string_view method, json::object params, const std::filesystem::path& folder) {
  const auto target = std::filesystem::absolute(folder).lexically_normal();
  params["directory"] = target.string();
  const auto answer = session.ask(method, params, kReadsAll);
  if (session.print_json(answer)) return 0;
  const auto of = find(answer, "size") ? fmt::format(" of {}", number(answer, "size")) : "";
  line(fmt::format("{}{} records written to {}", number(answer, "records"), of, target.string()));
  for (const auto& other : list(answer, "linked"))
    if (const auto* id = other.if_string())
      line(fmt::format("{} is on record as the same person{}", printable({id->data(), id->size()}),
                       params.contains("linked") ? ", and is in it" : ": --linked writes theirs, too"));
  if (const auto key = text(answer, "vkey"); !key.empty())
    line(fmt::format("verify it anywhere: verify.py {} --vkey {}", target.string(), printable(key)));
  return 0;
}

}  // namespace

int audit_verify(Session& session, const Verify& options) {
  json::value verdict;
  if (!options.folder.empty()) {
    verdict = json::parse(control::verdict_json(verify_folder(options)));
  } else {
    if (!options.external.empty() || !options.witnesses.empty())
      throw Failure(kUsage, "--external and --witness are for an exported ledger", "name its folder: posternctl audit verify DIR …");
    json::object params;
    if (const auto vkey = key_text(options.vkey); !vkey.empty()) params["vkey"] = vkey;
    verdict = session.ask("audit.verify", params, kReadsAll);
  }
  if (session.print_json(verdict)) return static_cast<int>(number(verdict, "code"));
  return print_verdict(verdict, session.screen());
}

int audit_tail(Session& session, const Tail& options) {
  json::object params{{"count", std::min(options.count, kPage)}};
  for (;;) {
    const auto answer = session.ask("audit.tail", params);
    for (const auto& leaf : list(answer, "leaves")) print_leaf(session, leaf);
    flush();
    const auto shown = static_cast<std::int64_t>(list(answer, "leaves").size());
    if (!options.follow) return 0;
    params = {{"count", kPage}, {"after", number(answer, "last")}};
    if (shown < kPage) std::this_thread::sleep_for(kFollow);
  }
}

int audit_export(Session& session, const Export& options) {
  json::object params;
  for (const auto& [name, value] : {std::pair("account", &options.account),
                                    {"contact", &options.contact},
                                    {"conversation", &options.conversation},
                                    {"since", &options.since},
                                    {"until", &options.until}})
    if (!value->empty()) params[name] = *value;
  if (options.content) params["content"] = true;
  if (options.dispute) params["dispute"] = true;
  if (options.tiles) params["tiles"] = true;
  return write_out(session, "audit.export", std::move(params), options.folder);
}

int audit_disclose(Session& session, const Disclose& options) {
  return write_out(session, "audit.disclose", {{"record", options.record}}, options.folder);
}

int contact_export(Session& session, const ContactExport& options) {
  json::object params{{"contact", options.contact}};
  if (!options.via.empty()) params["via"] = options.via;
  if (options.linked) params["linked"] = true;
  return write_out(session, "contact.export", std::move(params), options.folder);
}

}  // namespace postern::ctl
