// SPDX-License-Identifier: Apache-2.0
// Whatever a stranger has written: a terminal gets UTF-8 without anything that it would obey, and cutting keeps both.
#include <cstdint>
#include <cstdlib>

#include "screen.hpp"

using namespace postern::ctl;

namespace {

void must_be_harmless(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const auto next = at + 1 < text.size() ? static_cast<unsigned char>(text[at + 1]) : 0;
    if (byte < 0x20 || byte == 0x7F || (byte == 0xC2 && next < 0xA0)) std::abort();
  }
  const std::string_view forbidden[] = {"\xE2\x80\xAE", "\xE2\x80\x8F", "\xE2\x81\xA6"};
  for (const auto each : forbidden)
    if (text.find(each) != text.npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string shown = printable(text);
  must_be_harmless(shown);
  if (printable(shown) != shown) std::abort();
  const std::size_t most = data[0] % 40 + 1;
  const std::string part = cut(shown, most);
  must_be_harmless(part);
  if (printable(part) != part || columns(part) > most) std::abort();
  return 0;
}
