// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "backup/copied.hpp"
#include "backup/restore.hpp"
#include "control/verdict_json.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "verbs.hpp"
#include "verdict.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kCopiesAll = 60 * kMinute;

int show(const ledger::Verdict& verdict, const Session& session) {
  const auto json = json::parse(control::verdict_json(verdict));
  if (session.print_json(json)) return static_cast<int>(number(json, "code"));
  return print_verdict(json, session.screen());
}

std::filesystem::path whole(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal();
}

int verify_backup(Session& session, const Backup& options) {
  const auto verdict = backup::verify(whole(options.folder), key_text(options.vkey));
  if (!verdict) throw Failure(kNoInput, verdict.error());
  return show(*verdict, session);
}

}  // namespace

int backup(Session& session, const Backup& options) {
  if (options.folder.empty()) throw Failure(kUsage, "where to?", "posternctl backup FOLDER");
  if (options.verify) return verify_backup(session, options);
  const auto folder = whole(options.folder).string();
  const auto answer = session.ask("backup", {{"directory", folder}, {"signing_key", options.signing_key}}, kCopiesAll);
  if (session.print_json(answer)) return 0;
  line(fmt::format("{} records and {} files are in {}, verified", number(answer, "records"), number(answer, "files"),
                   printable(folder)));
  line(fmt::format("it can be read with the key encryption key number {}, which is not in it: keep that elsewhere",
                   number(answer, "kek")));
  if (options.signing_key) line("it holds the signing key: who has it can sign as this ledger, so lock it away");
  line(
      fmt::format("next: take it off this machine, and now and then try it there: posternctl backup verify {} --vkey …",
                  printable(folder)));
  return 0;
}

int restore(Session& session, const Restore& options) {
  backup::Restoring order{whole(options.folder), whole(options.state), options.sign_key, key_text(options.vkey)};
  while (!order.state.has_filename()) order.state = order.state.parent_path();
  const auto done = backup::restore(order);
  if (!done) throw Failure(kCannotCreate, done.error());
  const auto code = done->verdict.code();
  if (code != ledger::Code::ok && code != ledger::Code::erased) return show(done->verdict, session);
  const auto state = printable(order.state.string());
  if (session.print_json({{"state", order.state.string()},
                          {"records", done->verdict.leaves},
                          {"kek", done->kek},
                          {"signing_key", done->signing_key}}))
    return 0;
  line(fmt::format("{} records are in {}, as they were signed", done->verdict.leaves, state));
  if (options.vkey.empty()) line("no --vkey: it is proven that nothing is damaged, not whose ledger it is");
  if (!done->signing_key)
    line(
        fmt::format("there is no signing key, and without it a daemon does not start: put the file sign.key of the "
                    "time of the backup into {}, mode 0400, or continue the ledger as a fork (docs/operations.md)",
                    state));
  line(fmt::format("next: chown -R postern: {}; have ledger.kek number {} in the configuration; start posternd", state,
                   done->kek));
  line("what was to be sent then is not sent by itself: posternctl outbox list, posternctl conversations --waiting");
  return 0;
}

}  // namespace postern::ctl
