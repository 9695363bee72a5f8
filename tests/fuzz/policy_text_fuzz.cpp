// SPDX-License-Identifier: Apache-2.0
// Any bytes, any limit: splitting loses nothing, and a part is too long only if it is a single code point.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/policy/text.hpp"

using namespace postern::core::policy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const auto unit = static_cast<Unit>(data[0] % 4);
  const std::int64_t max = data[1];
  std::string joined;
  for (const std::string& part : split(text, unit, max)) {
    if (part.empty()) std::abort();
    if (length(part, unit) > std::max<std::int64_t>(max, 1) && length(part, Unit::codepoints) > 1) std::abort();
    joined += part;
  }
  if (joined != text) std::abort();
  return 0;
}
