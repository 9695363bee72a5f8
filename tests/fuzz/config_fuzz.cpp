// SPDX-License-Identifier: Apache-2.0
// Any text as a policy pack and as a section of the configuration: it is read, or there is a problem with a place.
#include <cstdlib>

#include "config/node.hpp"
#include "config/policy_file.hpp"
#include "config/schema.hpp"

using namespace postern::config;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Problems problems;
  const auto document = parse_document(text, "fuzz.toml", problems);
  if (document.has_value() != problems.empty()) std::abort();
  if (!document) return 0;
  if (read_pack(*document, problems).has_value() != problems.empty()) std::abort();
  const Table table(&*document, daemon_schema(), "limits", Table::Others::unknown, problems);
  if (table.number("open_calls") < 0) problems.add({}, "negative");
  for (const Problem& problem : problems.sorted())
    if (problem.what.empty()) std::abort();
  return 0;
}
