// SPDX-License-Identifier: Apache-2.0
// The ledger's own keys.
#include <fmt/format.h>

#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kPatience = kMinute;  // the keys are counted

void print_epoch(const Session& session, const json::value& epoch) {
  line(fmt::format("signing epoch {}, since {}", number(epoch, "epoch"), both(text(epoch, "since"), session.now())));
  line(fmt::format("the next one  {}", both(text(epoch, "next"), session.now())));
  line(fmt::format("signed by     {}", printable(text(epoch, "vkey"))));
}

}  // namespace

int keys_status(Session& session) {
  const auto answer = session.ask("keys.status", {}, kPatience);
  if (session.print_json(answer)) return 0;
  if (const auto* signing = find(answer, "signing")) print_epoch(session, *signing);
  line();
  Table table({"KEK", "WRAPS", ""});
  for (const auto& kek : list(answer, "keks")) {
    const bool newest = number(kek, "kek") == number(answer, "kek");
    table.add({number(kek, "kek"), number(kek, "keys"),
               newest ? Cell("") : Cell("still needed: what it wraps is being wrapped anew", Tone::warning)});
  }
  table.print(session.screen());
  return 0;
}

int keys_rotate(Session& session) {
  const auto answer = session.ask("keys.rotate", {}, kPatience);
  if (!session.print_json(answer)) print_epoch(session, answer);
  return 0;
}

}  // namespace postern::ctl
