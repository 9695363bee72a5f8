// SPDX-License-Identifier: Apache-2.0
// The daemon's verifier as a command, with verify.py's arguments, so that the two can be compared. With --serve in
// place of the folder it judges one folder after another, as they are named on its standard input, and answers with the
// code.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string_view>

#include "ledger/format/directory.hpp"
#include "ledger/format/manifest.hpp"
#include "ledger/format/verify.hpp"

using namespace postern::ledger;

namespace {

Verdict judge(const std::string& folder, const Pins& pins) {
  Verdict verdict;
  auto reader = open_directory(folder);
  if (!reader) {
    verdict.add(Code::incomplete, folder, reader.error().what);
    return verdict;
  }
  verdict = verify(**reader, pins);
  check_manifest(folder, verdict);
  return verdict;
}

int serve(const Pins& pins) {
  for (std::string folder; std::getline(std::cin, folder);)
    std::cout << static_cast<int>(judge(folder, pins).code()) << std::endl;
  return 0;
}

}  // namespace

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
  const std::string folder = count > 1 ? arguments[1] : "";
  if (!pins || (folder != "--serve" && !open_directory(folder))) return static_cast<int>(Code::usage);
  if (folder == "--serve") return serve(*pins);
  const auto verdict = judge(folder, *pins);
  for (const auto& finding : verdict.findings)
    std::printf("%d: %s %s\n", static_cast<int>(finding.code), finding.where.c_str(), finding.what.c_str());
  return static_cast<int>(verdict.code());
}
