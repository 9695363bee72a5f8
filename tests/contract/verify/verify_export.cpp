// SPDX-License-Identifier: Apache-2.0
// The daemon's verifier as a command, with verify.py's arguments, so that the two can be compared.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

#include "ledger/format/directory.hpp"
#include "ledger/format/manifest.hpp"
#include "ledger/format/verify.hpp"

using namespace postern::ledger;

int main(int count, char** arguments) {
  std::optional<std::string> vkey;
  std::vector<std::string> external;
  for (int at = 2; at + 1 < count; at += 2) {
    if (std::string_view(arguments[at]) == "--vkey") {
      vkey = arguments[at + 1];
    } else {
      std::ifstream in(arguments[at + 1], std::ios::binary);
      external.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
  }
  const auto pins = make_pins(vkey, external);
  auto reader = open_directory(count > 1 ? arguments[1] : "");
  if (!pins || !reader) return static_cast<int>(Code::usage);
  auto verdict = verify(**reader, *pins);
  check_manifest(arguments[1], verdict);
  for (const auto& finding : verdict.findings)
    std::printf("%d: %s %s\n", static_cast<int>(finding.code), finding.where.c_str(), finding.what.c_str());
  return static_cast<int>(verdict.code());
}
