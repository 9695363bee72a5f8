// SPDX-License-Identifier: Apache-2.0
#include "verdict.hpp"

#include <fmt/format.h>

#include "time.hpp"

namespace postern::ctl {
namespace {

constexpr std::size_t kMostShown = 50;

struct Meaning {
  Tone tone;
  const char* sentence;
};

Meaning meaning(std::int64_t code) {
  switch (code) {
    case 0:
      return {Tone::good, "every record is as it was signed"};
    case 1:
      return {Tone::bad, "records were changed, or are not what was signed"};
    case 2:
      return {Tone::bad, "something that was signed, or is needed to prove it, is not there"};
    case 3:
      return {Tone::warning, "nobody vouches for it: unsigned, or not by the key that you pinned (--vkey)"};
    case 4:
      return {Tone::good, "every record is as it was signed; some bodies were erased with authority"};
    default:
      return {Tone::bad, "the verifier gave no verdict"};
  }
}

}  // namespace

int print_verdict(const json::value& verdict, const Screen& screen) {
  const auto code = number(verdict, "code");
  const auto [tone, sentence] = meaning(code);
  line(fmt::format("{}: {}", screen.paint(tone, printable(text(verdict, "verdict"))), sentence));
  line(fmt::format("{} records, signed up to {}, {} signing key(s)", number(verdict, "leaves"), number(verdict, "size"),
                   number(verdict, "epochs")));
  if (const auto* bodies = find(verdict, "bodies"))
    line(fmt::format("bodies: {} intact, {} erased, {} missing, {} bad", number(*bodies, "intact"),
                     number(*bodies, "erased"), number(*bodies, "missing"), number(*bodies, "bad")));
  for (const auto& bound : list(verdict, "bounds"))
    line(fmt::format("the first {} records existed at {} (witness {})", number(bound, "size"),
                     absolute(number(bound, "time") * kSecond), printable(text(bound, "witness"))));
  std::size_t shown = 0;
  for (const auto& finding : list(verdict, "findings")) {
    if (++shown > kMostShown) break;
    line(fmt::format("  {}  {}", screen.paint(Tone::strong, printable(text(finding, "where"))),
                     printable(text(finding, "what"))));
  }
  if (shown > kMostShown) line(fmt::format("  and more: --json lists {}", list(verdict, "findings").size()));
  return static_cast<int>(code);
}

}  // namespace postern::ctl
